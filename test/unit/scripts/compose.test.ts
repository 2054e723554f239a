import { readFileSync } from 'node:fs';
import path from 'node:path';

// Comes with ESLint; only read here.
const yaml = require('js-yaml');

const dockerDir = path.join(__dirname, '../../../docker');
const read = (name: string) => readFileSync(path.join(dockerDir, name), 'utf8');

interface Service {
	image?: string;
	build?: { context: string; dockerfile: string };
	environment?: Record<string, string>;
	command?: string[];
	ports?: string[];
	volumes?: string[];
	profiles?: string[];
	restart?: string;
	healthcheck?: { test: string[] };
	depends_on?: Record<string, { condition: string }>;
}
const compose = yaml.load(read('compose.yml')) as { services: Record<string, Service>; volumes: Record<string, null> };
const example = Object.fromEntries(
	read('.env.example')
		.split('\n')
		.filter((line) => line && !line.startsWith('#'))
		.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
);

describe('the compose file', () => {
	it('has n8n, the proxy in front of it and Redis, and the mailbox only when asked for', () => {
		const always = Object.entries(compose.services).filter(([, { profiles }]) => !profiles);
		expect(always.map(([name]) => name).sort()).toEqual(['n8n', 'proxy', 'redis']);
		expect(compose.services.mailbox.profiles).toEqual(['mailbox']);
	});

	it('checks the health of every service, restarts it, and opens ports on this machine only', () => {
		for (const [name, service] of Object.entries(compose.services)) {
			expect([name, service.restart]).toEqual([name, 'unless-stopped']);
			expect(service.healthcheck?.test[0]).toBe('CMD');
			for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:/);
		}
		// Past the proxy a request could reach an n8n that is not ready.
		expect(compose.services.n8n.ports).toBeUndefined();
		expect(compose.services.n8n.depends_on?.redis.condition).toBe('service_healthy');
	});

	it('keeps data in named volumes, and Redis loses and evicts nothing', () => {
		const mounted = Object.values(compose.services).flatMap(({ volumes = [] }) => volumes.map((volume) => volume.split(':')[0])).filter((source) => !source.startsWith('.'));
		expect(mounted.sort()).toEqual(Object.keys(compose.volumes).sort());
		expect(compose.services.redis.command?.join(' ')).toMatch(/--appendonly yes .*--maxmemory-policy noeviction/);
	});

	it('prunes executions and tells the pack where its store is', () => {
		expect(compose.services.n8n.environment).toMatchObject({ EXECUTIONS_DATA_PRUNE: 'true', SHOP_JOURNEYS_REDIS_URL: 'redis://redis:6379/0', N8N_EXPRESSION_ENGINE_LAZY_ACQUIRE: 'true' });
	});

	it('has no secret in it: what is secret must come from .env, and the example leaves it empty', () => {
		expect(compose.services.n8n.environment?.N8N_ENCRYPTION_KEY).toMatch(/^\$\{N8N_ENCRYPTION_KEY:\?/);
		expect(example.N8N_ENCRYPTION_KEY).toBe('');
	});

	it('offers every variable it reads in .env.example, and no other', () => {
		const used = new Set([...read('compose.yml').matchAll(/\$\{(\w+)/g)].map(([, name]) => name));
		expect(Object.keys(example).sort()).toEqual([...used].sort());
	});

	it('runs the same n8n as npm start', () => {
		const { dependencies } = JSON.parse(read('runtime/package.json')) as { dependencies: { n8n: string } };
		expect(read('Dockerfile')).toContain(`ARG N8N_VERSION=${dependencies.n8n}\n`);
	});

	it('keeps the package outside of the volume', () => {
		const target = /COPY --from=package \S+ (\S+)/.exec(read('Dockerfile'))?.[1];
		const mountpoint = compose.services.n8n.volumes?.[0].split(':')[1];
		expect(target).toBe('/opt/shop-journeys/package');
		expect(target?.startsWith(mountpoint!)).toBe(false);
		expect(read('entrypoint.sh')).toContain(`:-${target}}`);
	});
});
