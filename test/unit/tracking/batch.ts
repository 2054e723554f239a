import type { TrackedEvent } from '../../../lib/tracking/schema';
import { receiveBatch, TrackingLimits, type TrackingRequest } from '../../../lib/tracking/receive';
import type { TrackingContext } from '../../../lib/tracking/normalise';

export const nowMs = Date.UTC(2025, 2, 1, 12);
export const settings = { allowedOrigins: ['https://shop.example.com'], publicKey: 'pk_0123456789' };
export const visitor = 'visitor-0001';

export const context: TrackingContext = { receivedAtMs: nowMs, toJourneyMs: (wallMs) => wallMs, currency: 'EUR', allowedOrigins: settings.allowedOrigins, takesCarts: true };

type Loose = Partial<Record<keyof TrackedEvent, unknown>> & Record<string, unknown>;

export function event(type: string, fields: Loose = {}): Record<string, unknown> {
	return { id: 'event-0001', age: 0, type, ...fields };
}

export function request(events: unknown, change: Partial<TrackingRequest> & { raw?: string } = {}): TrackingRequest {
	const { raw, ...rest } = change;
	return { origin: 'https://shop.example.com', key: settings.publicKey, address: '203.0.113.7', rawBody: Buffer.from(raw ?? JSON.stringify({ visitor, events })), receivedAtMs: nowMs, ...rest };
}

export const receive = (events: unknown, change: Parameters<typeof request>[1] = {}, limits = new TrackingLimits()) => receiveBatch(request(events, change), settings, limits);
