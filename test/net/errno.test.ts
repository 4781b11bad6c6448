import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { test } from 'node:test';
import { errnoName, errnoOf } from '../../src/net/errno.js';

test('names and numbers are those of Linux', { skip: process.platform !== 'linux' && 'the numbers of other systems differ' }, () => {
  let compared = 0;
  for (const [name, errno] of Object.entries(constants.errno)) {
    if (errnoName(errno).startsWith('errno ') || name === 'EWOULDBLOCK') continue;
    assert.equal(errnoName(errno), name);
    assert.equal(errnoOf(Object.assign(new Error(), { code: name, errno: -errno })), errno);
    compared++;
  }
  assert.ok(compared >= 28, `${compared} numbers compared`);
});

test('0 is no error, an unknown number is said as it is', () => {
  assert.equal(errnoName(0), 'OK');
  assert.equal(errnoName(9999), 'errno 9999');
});

test('an error without an errno is EPROTO', () => {
  assert.equal(errnoOf(Object.assign(new Error(), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' })), 71);
  assert.equal(errnoOf(new Error('anything')), 71);
});
