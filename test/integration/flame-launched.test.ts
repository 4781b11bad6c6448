import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type ToolPackage, toolProgram } from '../../src/profile/tool-package.js';
import { freePort } from '../net/free-ports.js';
import { gwrk, repository } from './gwrk-process.js';
import { freshFolder, keepBusy, plantedFile, recordIn } from './planted.js';

function missing(name: ToolPackage): string | false {
  try {
    toolProgram(name, repository);
    return false;
  } catch {
    return `needs the package ${name}`;
  }
}

const CASES = [
  ['0x', missing('0x'), true],
  ['clinic-flame', missing('clinic'), true],
  ['clinic-doctor', missing('clinic'), false],
  ['clinic-heap', missing('clinic'), false],
] as const;

for (const [tool, skip, hasStacks] of CASES)
  test(`${tool} profiles a server that gwrk starts, and leaves nothing running`, { skip }, async (t) => {
    const folder = freshFolder(t);
    const port = await freePort();
    keepBusy(t, port);
    const { code, stdout, stderr } = await gwrk(['flame', '--tool', tool, '-d', '4s', '--out', folder, '--', 'node', plantedFile], {
      env: { PORT: String(port), PLANTED: '1' },
    });
    assert.equal(code, 0, stderr);
    assert.ok(statSync(join(folder, `${tool}.html`)).size > 50_000);
    assert.equal(recordIn(folder).tool, tool);
    if (hasStacks) {
      assert.match(stdout.split('\n')[1]!, /plantedSort +test\/fixtures\/planted-server\.cjs:\d+/u);
      assert.match(readFileSync(join(folder, 'stacks.folded'), 'utf8'), /plantedSort/u);
    }
    assert.equal(existsSync(join(folder, 'index.html')), hasStacks);
    await assert.rejects(fetch(`http://127.0.0.1:${port}/`), 'the server is gone');
  });
