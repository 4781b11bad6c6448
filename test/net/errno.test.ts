import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { test } from 'node:test';
import { errnoName, errnoOf, errnoText, socketErrorText } from '../../src/net/errno.js';

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

test('a refused connection and plain text in place of TLS are said in words', () => {
  assert.equal(errnoText(111), 'the connection was refused: nothing listens there');
  assert.equal(errnoText(9999), undefined);
  const openssl = 'write EPROTO C0D6:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:../ssl3_record.c:350:\n';
  assert.equal(socketErrorText(new Error(openssl)), 'the answer is not TLS: does this port speak ws:// or tcp://?');
  assert.equal(socketErrorText(new Error('certificate has expired')), 'certificate has expired');
});
