import { spawnSync } from 'node:child_process';

/** Why two network namespaces with a cable cannot be had here, or undefined when they can. */
export function obstacle(): string | undefined {
  if (process.platform !== 'linux') return 'network namespaces are of Linux';
  if (process.getuid?.() !== 0) return 'network namespaces need root';
  for (const tool of ['ip', 'nft', 'nsenter']) {
    if (spawnSync(tool, ['-V'], { stdio: 'ignore' }).error !== undefined) return `${tool} is not installed`;
  }
  const name = `gwrk-try-${process.pid}`;
  const tried = spawnSync('ip', ['netns', 'add', name], { encoding: 'utf8' });
  if (tried.status !== 0) return `the kernel allows no network namespace: ${tried.stderr.trim()}`;
  spawnSync('ip', ['netns', 'del', name], { stdio: 'ignore' });
  return undefined;
}

/** Two network namespaces with a cable between them that can be cut. */
export class CutNetwork {
  static readonly SERVER_ADDRESS = '10.78.0.1';
  readonly #server = `gwrk-bs-${process.pid}`;
  readonly #client = `gwrk-bc-${process.pid}`;

  /** What runs a command line in either of them. */
  readonly inServer = ['nsenter', `--net=/run/netns/${this.#server}`];
  readonly inClient = ['nsenter', `--net=/run/netns/${this.#client}`];

  /** Throws an Error with what the tool said when the kernel refuses. */
  static create(): CutNetwork {
    const network = new CutNetwork();
    const [server, client] = [`gbs${process.pid}`, `gbc${process.pid}`];
    try {
      for (const name of [network.#server, network.#client]) run('ip', 'netns', 'add', name);
      run('ip', 'link', 'add', server, 'netns', network.#server, 'type', 'veth', 'peer', 'name', client, 'netns', network.#client);
      for (const [name, link, address] of [
        [network.#server, server, CutNetwork.SERVER_ADDRESS],
        [network.#client, client, '10.78.0.2'],
      ] as const) {
        run('ip', '-n', name, 'addr', 'add', `${address}/24`, 'dev', link);
        run('ip', '-n', name, 'link', 'set', link, 'up');
        run('ip', '-n', name, 'link', 'set', 'lo', 'up');
      }
      return network;
    } catch (error) {
      network.remove();
      throw error;
    }
  }

  /** From now on every TCP segment between them is lost. */
  cut(): void {
    for (const name of [this.#server, this.#client]) {
      const table = 'table ip cut { chain in { type filter hook input priority 0; iifname != "lo" meta l4proto tcp drop; }; }';
      run('nsenter', `--net=/run/netns/${name}`, 'nft', table);
    }
  }

  mend(): void {
    for (const name of [this.#server, this.#client]) run('nsenter', `--net=/run/netns/${name}`, 'nft', 'delete table ip cut');
  }

  remove(): void {
    for (const name of [this.#server, this.#client]) spawnSync('ip', ['netns', 'del', name], { stdio: 'ignore' });
  }
}

function run(tool: string, ...args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(tool, args, { encoding: 'utf8', timeout: 5_000 });
  if (status !== 0) throw new Error(`${tool} ${args.join(' ')}: ${error?.message ?? stderr.trim()}`);
}
