/** The bytes as they came; n8n leaves those of unusual content types unread. */
export async function readRaw(request: { readRawBody?: () => Promise<void>; rawBody?: Buffer }): Promise<Buffer | undefined> {
	if (!request.rawBody) await request.readRawBody?.();
	return request.rawBody;
}
