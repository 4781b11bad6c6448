import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const ENDING_MS = 30_000;

/** Two network namespaces with a cable between them: 10.77.0.1 in `server`, 10.77.0.2 in `client`. */
export class Namespaces {
  readonly server: string;
  readonly client: string;
  readonly #children: ChildProcess[] = [];

  private constructor(tag: string) {
    this.server = `gwrk-s-${tag}`;
    this.client = `gwrk-c-${tag}`;
  }

  /** Why they cannot be had here, or undefined when they can. */
  static obstacle(): string | undefined {
    if (process.platform !== 'linux') return 'network namespaces are of Linux';
    if (process.getuid?.() !== 0) return 'network namespaces need root';
    for (const tool of ['ip', 'nft', 'nsenter']) {
      if (spawnSync(tool, ['-V'], { stdio: 'ignore' }).error !== undefined) return `${tool} is not installed`;
    }
    return undefined;
  }

  /** Throws an Error with what the tool said when the kernel refuses. */
  static create(): Namespaces {
    const made = new Namespaces(String(process.pid));
    const { server, client } = made;
    const [a, b] = [`gws${process.pid}`, `gwc${process.pid}`];
    try {
      for (const name of [server, client]) run('ip', 'netns', 'add', name);
      run('ip', 'link', 'add', a, 'netns', server, 'type', 'veth', 'peer', 'name', b, 'netns', client);
      for (const [name, link, address] of [
        [server, a, '10.77.0.1/24'],
        [client, b, '10.77.0.2/24'],
      ] as const) {
        run('ip', '-n', name, 'addr', 'add', address, 'dev', link);
        run('ip', '-n', name, 'link', 'set', link, 'up');
        run('ip', '-n', name, 'link', 'set', 'lo', 'up');
      }
    } catch (error) {
      made.#delete();
      throw error;
    }
    return made;
  }

  /** From now on both ends lose so many of a hundred TCP segments that come in on the cable; those that open or end a connection stay. */
  lose(percent: number): void {
    for (const name of [this.server, this.client]) {
      const rule = `iifname != "lo" tcp flags & (syn | fin | rst) == 0 numgen random mod 100 < ${percent} counter drop;`;
      const table = `table ip drill { chain in { type filter hook input priority 0; ${rule} }; }`;
      run('nsenter', `--net=/run/netns/${name}`, 'nft', table);
    }
  }

  /** Segments that lose() dropped so far. */
  lost(): number {
    const texts = [this.server, this.client].map((name) =>
      run('nsenter', `--net=/run/netns/${name}`, 'nft', 'list', 'table', 'ip', 'drill'),
    );
    return texts.reduce((sum, text) => sum + Number(/counter packets (\d+)/u.exec(text)?.[1] ?? 0), 0);
  }

  /** Runs node inside a namespace; it is killed with remove(). Not with `ip netns exec`, which hides tracefs. */
  node(name: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess {
    const child = spawn('nsenter', [`--net=/run/netns/${name}`, process.execPath, ...args], {
      env: { PATH: process.env.PATH, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#children.push(child);
    return child;
  }

  /** Ends what runs in the namespaces, first as a user would, so that the server can end what it has started itself. */
  async remove(): Promise<void> {
    const running = this.#children.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
    const ended = Promise.all(running.map((child) => once(child, 'exit')));
    for (const child of running) child.kill('SIGTERM');
    const limit = setTimeout(() => running.forEach((child) => void child.kill('SIGKILL')), ENDING_MS);
    await ended;
    clearTimeout(limit);
    this.#delete();
  }

  #delete(): void {
    for (const name of [this.server, this.client]) spawnSync('ip', ['netns', 'del', name], { stdio: 'ignore' });
  }
}

/** The first line of a stream for which `wanted` holds. Rejects when the stream ends before. */
export function lineOf(stream: NodeJS.ReadableStream, wanted: (line: string) => boolean): Promise<string> {
  return new Promise((resolve, reject) => {
    const lines = createInterface({ input: stream });
    const seen: string[] = [];
    lines.on('line', (line) => {
      seen.push(line);
      if (wanted(line)) resolve(line);
    });
    lines.once('close', () => reject(new Error(`it ended without the line: ${seen.slice(-20).join('\n')}`)));
  });
}

function run(tool: string, ...args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(tool, args, { encoding: 'utf8', timeout: 60_000 });
  if (status === 0) return stdout;
  throw new Error(`${tool} ${args.join(' ')}: ${error?.message ?? stderr.trim()}`);
}
