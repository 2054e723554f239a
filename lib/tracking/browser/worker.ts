/**
 * The service worker of web push: shows a message, and opens its page on a click. It lies on the shop's own origin, perhaps in
 * a worker that does other things as well: pushes of others are left to them.
 */
import type { PushPayload } from '../../messages/push-payload';

interface WorkerEvent extends Event {
	waitUntil(work: Promise<unknown>): void;
}
interface PushReceived extends WorkerEvent {
	data: { json(): unknown } | null;
}
interface NotificationClicked extends WorkerEvent {
	notification: { close(): void; data?: { shopJourneysUrl?: string } | null };
}
/** The part of a service worker's global scope that is used. */
interface WorkerScope {
	registration: { showNotification(title: string, options: object): Promise<void> };
	clients: { openWindow(url: string): Promise<unknown> };
	addEventListener(type: 'push', listener: (event: PushReceived) => void): void;
	addEventListener(type: 'notificationclick', listener: (event: NotificationClicked) => void): void;
}

const scope = self as unknown as WorkerScope;

scope.addEventListener('push', (event) => {
	const { title, body, url, tag, icon, image } = read(event.data);
	if (!title || !tag || !url || !/^https?:/.test(url)) return;
	// With the same tag it takes the place of the one that is shown.
	event.waitUntil(scope.registration.showNotification(title, { body, tag, icon, image, data: { shopJourneysUrl: url } }));
});

scope.addEventListener('notificationclick', (event) => {
	const { data } = event.notification;
	if (!data || !data.shopJourneysUrl) return;
	event.notification.close();
	event.waitUntil(scope.clients.openWindow(data.shopJourneysUrl));
});

function read(data: PushReceived['data']): Partial<PushPayload> {
	try {
		return (data && (data.json() as Partial<PushPayload> | null)) || {};
	} catch (_) {
		return {};
	}
}
