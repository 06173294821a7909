import { createHash, createHmac } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import {
  type Authentication,
  type AuthenticationKey,
  Authenticator,
} from '../../../../src/routerd/protocols/ospf/authentication.ts';
import { decodePacket, encodeHello, PACKET_HEADER } from '../../../../src/routerd/protocols/ospf/packet.ts';

const HELLO = {
  mask: 0xffffff00,
  helloIntervalS: 10,
  options: 2,
  priority: 1,
  deadIntervalS: 40,
  designatedRouter: 0,
  backup: 0,
  neighbours: [0x0aff0002, 0x0aff0003],
};
const hello = (): Uint8Array => encodeHello({ routerId: 0x0aff0001, areaId: 0 }, HELLO);
const NOW_S = 1_700_000_000;
const signer = (settings: Authentication, nowS = NOW_S) => new Authenticator(settings, () => nowS);
const signed = (settings: Authentication, nowS = NOW_S): Uint8Array =>
  signer(settings, nowS).seal(hello()) ?? expect.fail('nothing to send');

const ALGORITHMS = ['md5', 'hmac-sha-1', 'hmac-sha-256', 'hmac-sha-384', 'hmac-sha-512'] as const;
const cryptographic = (...keys: readonly AuthenticationKey[]): Authentication => ({
  kind: 'cryptographic',
  keys,
});
const KEY: AuthenticationKey = { id: 7, algorithm: 'md5', secret: 'a key' };

const anyKey: fc.Arbitrary<AuthenticationKey> = fc.record({
  id: fc.integer({ min: 0, max: 255 }),
  algorithm: fc.constantFrom(...ALGORITHMS),
  secret: fc.string({ maxLength: 80 }),
});
const anyAuthentication: fc.Arbitrary<Authentication> = fc.oneof(
  fc.constant<Authentication>({ kind: 'none' }),
  fc.record({ kind: fc.constant('simple'), password: fc.string({ maxLength: 8 }) }),
  anyKey.map((key) => cryptographic(key)),
);

describe('OSPF authentication', () => {
  it('lets what it signed pass, whatever the way and the key, and leaves the packet what it was', () => {
    fc.assert(
      fc.property(anyAuthentication, (settings) => {
        const sealed = signed(settings);
        const sequence = settings.kind === 'cryptographic' ? NOW_S : 0;
        expect(signer(settings).check(sealed, NOW_S)).to.equal(sequence);
        expect(sealed).to.have.length(hello().length + signer(settings).trailerBytes);
        expect(decodePacket(sealed)).to.deep.equal(decodePacket(hello()));
      }),
    );
  });

  it('signs with MD5 as RFC 2328 D.4.3 says: over the packet and the key filled up to 16 bytes', () => {
    const sealed = signed(cryptographic(KEY));
    const packet = sealed.subarray(0, -16);
    const key = Buffer.alloc(16);
    key.write(KEY.secret);
    const digest = createHash('md5').update(packet).update(key).digest();
    expect(Buffer.from(sealed.subarray(-16))).to.deep.equal(digest);
    expect([...packet.subarray(12, 20)]).to.deep.equal([0, 0, 0, 2, 0, 0, KEY.id, 16]);
    expect(Buffer.from(packet).readUInt32BE(20)).to.equal(NOW_S);
  });

  for (const name of ['sha1', 'sha256', 'sha384', 'sha512'] as const) {
    it(`signs with HMAC-${name} as RFC 5709 3.3 says, keys of any length taken as by RFC 2104`, () => {
      const algorithm = `hmac-sha-${name.slice(3)}` as (typeof ALGORITHMS)[number];
      const { length } = createHash(name).digest();
      for (const secret of ['short', 'y'.repeat(length + 1), 'z'.repeat(80)]) {
        const sealed = signed(cryptographic({ id: 1, algorithm, secret }));
        const apad = Buffer.alloc(length, '878fe1f3', 'hex');
        const digest = createHmac(name, secret).update(sealed.subarray(0, -length)).update(apad).digest();
        expect(Buffer.from(sealed.subarray(-length))).to.deep.equal(digest);
      }
    });
  }

  it('puts a password into the header, outside the checksum', () => {
    const sealed = signed({ kind: 'simple', password: 'secret' });
    expect(Buffer.from(sealed.subarray(16, PACKET_HEADER)).toString('latin1')).to.equal('secret\0\0');
    expect(decodePacket(sealed)).not.to.equal('checksum');
  });

  it('refuses another way of signing, another key, another number of the key', () => {
    const ways: Authentication[] = [
      { kind: 'none' },
      { kind: 'simple', password: 'one' },
      { kind: 'simple', password: 'two' },
      cryptographic(KEY),
      cryptographic({ ...KEY, id: 8 }),
      cryptographic({ ...KEY, secret: 'another key' }),
      cryptographic({ ...KEY, algorithm: 'hmac-sha-256' }),
    ];
    for (const own of ways) {
      for (const other of ways.filter((way) => way !== own)) {
        const expected = own.kind === other.kind ? 'authentication-key' : 'authentication';
        expect(signer(own).check(signed(other), 0), JSON.stringify([own, other])).to.equal(expected);
      }
    }
  });

  it('refuses a packet of which any bit was turned', () => {
    for (const algorithm of ALGORITHMS) {
      const settings = cryptographic({ ...KEY, algorithm });
      const sealed = signed(settings);
      for (let bit = 0; bit < 8 * sealed.length; bit++) {
        const turned = sealed.slice();
        turned[bit >> 3] ^= 1 << (bit & 7);
        expect(signer(settings).check(turned, 0), `${algorithm}, bit ${bit}`).to.be.oneOf([
          'authentication',
          'authentication-key',
        ]);
      }
    }
  });

  it('refuses what was sent before what it has heard, and takes what was sent within the same second', () => {
    const settings = cryptographic(KEY);
    const sealed = signed(settings);
    expect(signer(settings).check(sealed, NOW_S)).to.equal(NOW_S);
    expect(signer(settings).check(sealed, NOW_S + 1)).to.equal('replay');
  });

  it('takes every key while one is replaced by another', () => {
    const next = { id: 8, algorithm: 'hmac-sha-512', secret: 'the next one' } as const;
    const both = signer(cryptographic(next, KEY));
    expect(both.check(signed(cryptographic(KEY)), 0)).to.equal(NOW_S);
    expect(both.check(signed(cryptographic(next)), 0)).to.equal(NOW_S);
    expect(both.trailerBytes).to.equal(64);
  });

  it('sends nothing, and takes nothing, where there should be a key and is none', () => {
    expect(signer(cryptographic()).seal(hello())).to.equal(undefined);
    expect(signer(cryptographic()).check(signed(cryptographic(KEY)), 0)).to.equal('authentication-key');
    expect(signer(cryptographic()).check(hello(), 0)).to.equal('authentication');
  });

  it('is not thrown off by any bytes', () => {
    fc.assert(
      fc.property(
        anyAuthentication,
        fc.uint8Array({ maxLength: 200 }),
        fc.nat(2),
        (settings, bytes, type) => {
          if (bytes.length > 15) bytes.set([0, type], 14);
          const verdict = signer(settings).check(bytes, 0);
          if (settings.kind === 'cryptographic') expect(verdict).to.be.a('string');
        },
      ),
    );
  });
});
