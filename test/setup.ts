/** A limit for what hangs, not a measure of speed: the machine may be busy with other things. */
jest.setTimeout(60_000);
