import type { IncomingHttpHeaders } from 'node:http';
import type { IDataObject } from 'n8n-workflow';
import type { Installation } from '../../../lib/n8n/installation';
import { type LinkKind, linkParameters, type LinkPayload, readLink } from '../../../lib/messages/links';
import { pageHeaders } from '../../../lib/messages/pages';

/** A request at the address of Message Webhook Trigger. */
export interface RouteRequest {
	installation: Installation;
	/** The shop that the node serves. */
	shopId: string;
	method: 'GET' | 'POST';
	query: Record<string, unknown>;
	/** As n8n parsed it. */
	body: IDataObject;
	/** The bytes as they came, for signatures. */
	rawBody(): Promise<Buffer>;
	headers: IncomingHttpHeaders;
	/** Where it came from, as n8n tells (behind a proxy: the proxy's word for it). */
	ip: string;
	/** The node's parameters, read when asked for. */
	parameter(name: string): unknown;
}

export interface RouteReply {
	status: number;
	/** By default those of a page (`pageHeaders`). */
	headers?: Record<string, string>;
	body: string | Buffer;
	/** Starts the workflow with one item each; by default none. */
	events?: IDataObject[];
}

/** One thing that the address serves, told from the others by its query parameter. */
export interface Route {
	parameter: string;
	/** @throws LINK_INVALID for a link that was changed or has expired */
	handle(request: RouteRequest): Promise<RouteReply>;
}

export function pageReply(status: number, body: string, event?: IDataObject | null): RouteReply {
	return { status, headers: pageHeaders, body, ...(event && { events: [event] }) };
}

/** The signed link of a request: its token, and what it says. @throws LINK_INVALID */
export function linkOf<K extends LinkKind>({ query, installation }: RouteRequest, kind: K): { token: string; link: LinkPayload<K> } {
	const token = String(query[linkParameters[kind]] ?? '');
	return { token, link: readLink(token, installation.linkSecret, installation.clock.machineNowMs(), kind) };
}
