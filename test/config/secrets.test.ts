import { expect } from 'chai';
import { describe, it } from 'mocha';
import { withoutSecrets } from '../../src/config/secrets.ts';

describe('a line without its secret', () => {
  const lines: readonly (readonly [string, string])[] = [
    ['neighbor 10.0.0.2 password tango', 'neighbor 10.0.0.2 password …'],
    [' isis password md5 tango', ' isis password md5 …'],
    [
      'area-password clear tango authenticate snp validate',
      'area-password clear … authenticate snp validate',
    ],
    ['ip ospf authentication-key tango', 'ip ospf authentication-key …'],
    ['no ip ospf message-digest-key 1 md5 tango', 'no ip ospf message-digest-key 1 md5 …'],
    ['key-string tango', 'key-string …'],
    ['ip ospf authentication message-digest', 'ip ospf authentication message-digest'],
  ];
  for (const [line, shown] of lines) it(line, () => expect(withoutSecrets(line)).to.equal(shown));
});
