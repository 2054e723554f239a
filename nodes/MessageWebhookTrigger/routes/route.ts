import type { IncomingHttpHeaders } from 'node:http';
import type { IDataObject } from 'n8n-workflow';
import type { ProviderHttp } from '../../../lib/messages/channels/http';
import type { Installation } from '../../../lib/n8n/installation';
import { type LinkKind, linkParameters, type LinkPayload, readLink } from '../../../lib/messages/links';
import { pageHeaders } from '../../../lib/messages/pages';
import { singleLine } from '../../../lib/messages/safe-text';

/** A request at the address of Message Webhook Trigger. */
export interface RouteRequest {
	installation: Installation;
	/** The shop that the node serves. */
	shopId: string;
	method: 'GET' | 'POST';
	/** Came as HEAD, which is served as GET: who asks only whether a link works. */
	isHead: boolean;
	query: Record<string, unknown>;
	/** As n8n parsed it. */
	body: IDataObject;
	/** The bytes as they came, for signatures. */
	rawBody(): Promise<Buffer | undefined>;
	headers: IncomingHttpHeaders;
	/** Where it came from, as n8n tells (behind a proxy: the proxy's word for it). */
	ip: string;
	/** The address that was called, with its query, as the outside knows it. */
	url: string;
	/** Requests through n8n's own helper. */
	http: ProviderHttp;
	/** The fields of a credential of the node; none where none is chosen. */
	credential(type: string): Promise<IDataObject>;
	/** The node's parameters, read when asked for. */
	parameter(name: string): unknown;
	/** For what went wrong although the reader was served. */
	logError(text: string): void;
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
	/** @throws LINK_INVALID for a link that was changed, LINK_EXPIRED for one whose time is over */
	handle(request: RouteRequest): Promise<RouteReply>;
}

export function pageReply(status: number, body: string, event?: IDataObject | null): RouteReply {
	return { status, headers: pageHeaders, body, ...(event && { events: [event] }) };
}

/** The signed link of a request: its token, and what it says. @throws LINK_INVALID, LINK_EXPIRED */
export function linkOf<K extends LinkKind>({ query, installation }: RouteRequest, kind: K): { token: string; link: LinkPayload<K> } {
	const given = query[linkParameters[kind]];
	const token = typeof given === 'string' ? given : '';
	return { token, link: readLink(token, installation.linkSecret, installation.clock.machineNowMs(), kind) };
}

/** A field that a page posts once: its text on one line, else ''. Anybody may send lists and objects. */
export function textOf(field: unknown): string {
	return typeof field === 'string' ? singleLine(field, 1000) : '';
}
