import { execFile } from 'node:child_process';

const GIT_TIMEOUT_MS = 2000;

/** The commit that is being tested: what the pipeline says, else that of the current directory; undefined outside of git. */
export function currentCommit(environment: NodeJS.ProcessEnv = process.env): Promise<string | undefined> {
  const said = environment.GITHUB_SHA ?? environment.CI_COMMIT_SHA;
  if (said !== undefined && /^[0-9a-f]{7,64}$/u.test(said)) return Promise.resolve(said);
  return new Promise((resolve) => {
    execFile('git', ['rev-parse', '--verify', 'HEAD'], { timeout: GIT_TIMEOUT_MS }, (error, stdout) =>
      resolve(error ? undefined : stdout.trim() || undefined),
    );
  });
}
