import { expect } from 'chai';
import { parsePrefix } from '../../../../src/net/address.ts';
import type { PathAttributes } from '../../../../src/routerd/protocols/bgp/attributes.ts';
import type { Nlri } from '../../../../src/routerd/protocols/bgp/contract.ts';
import { SECOND } from '../../../../src/world/clock.ts';
import { Speaker, Streams, twoSpeakers } from './joined.ts';

const ROUTE: PathAttributes = {
  origin: 0,
  asPath: [{ type: 'sequence', numbers: [65001, 4200000000] }],
  nextHop: 0x0a000001,
  communities: [],
  largeCommunities: [],
  extendedCommunities: [],
  clusterList: [],
  unknown: [],
};

function nlri(text: string): Nlri {
  const prefix = parsePrefix(text);
  if (prefix === undefined) throw new Error(text);
  return { prefix };
}

describe('a BGP session', () => {
  it('is established, whoever of the two connects first, and agrees on the smaller hold time', () => {
    const { streams, one, two } = twoSpeakers({ holdS: 30 }, { holdS: 90 });
    streams.run(5);
    expect(one.session.state).to.equal('Established');
    expect(two.session.state).to.equal('Established');
    expect(one.agreements).to.deep.equal([
      {
        remoteAs: 65002,
        remoteId: 2,
        local: 1,
        families: ['ipv4'],
        fourByteAs: true,
        routeRefresh: true,
        holdS: 30,
      },
    ]);
    expect(two.agreements).to.have.length(1);
    expect(one.session.counters.established).to.equal(1);
  });

  it('of two connections opened at once keeps that of the greater identifier, on both sides', () => {
    for (let seed = 1; seed <= 30; seed++) {
      const streams = new Streams(seed);
      const { one, two } = twoSpeakers({}, {}, streams);
      streams.run(300);
      expect([one.session.state, two.session.state], `seed ${seed}`).to.deep.equal([
        'Established',
        'Established',
      ]);
      expect([one.lost, two.lost]).to.deep.equal([[], []]);
    }
  });

  it('is established where one end waits, and never where both do', () => {
    const { streams, one } = twoSpeakers({ passive: true });
    streams.run(5);
    expect(one.session.state).to.equal('Established');
    const both = twoSpeakers({ passive: true }, { passive: true });
    both.streams.run(500);
    expect(both.one.session.state).to.equal('Active');
  });

  it('is refused by a wrong AS, an own identifier within the AS, and no family in common; nobody floods', () => {
    for (const [a, b] of [
      [{ remoteAs: 65009 }, {}],
      [{ remoteAs: 'internal' }, {}],
      [
        { remoteAs: 'internal', routerId: 7 },
        { remoteAs: 'internal', localAs: 65001, routerId: 7 },
      ],
      [{ families: ['vpnv4'] }, {}],
    ] as const) {
      const { streams, one, two } = twoSpeakers(a, b);
      streams.run(600);
      expect(one.session.counters.established + two.session.counters.established).to.equal(0);
      // Pauses double up to a minute.
      expect(one.session.counters.messagesOut).to.be.within(10, 120);
    }
  });

  it('carries routes both ways, in order, and equal attributes are one object', () => {
    const { streams, one, two } = twoSpeakers();
    streams.run(5);
    one.session.send({
      family: 'ipv4',
      withdrawn: [],
      attributes: ROUTE,
      announced: [nlri('10.1.0.0/16'), nlri('0.0.0.0/0')],
    });
    one.session.send({ family: 'ipv4', withdrawn: [], attributes: ROUTE, announced: [nlri('10.2.3.4/32')] });
    one.session.send({ family: 'ipv4', withdrawn: [nlri('10.1.0.0/16')], announced: [] });
    one.session.send({ family: 'ipv4', withdrawn: [], announced: [] });
    two.session.requestRefresh('ipv4');
    streams.run(1);
    expect(two.updates).to.deep.equal([
      {
        family: 'ipv4',
        withdrawn: [],
        attributes: ROUTE,
        announced: [nlri('10.1.0.0/16'), nlri('0.0.0.0/0')],
      },
      { family: 'ipv4', withdrawn: [], attributes: ROUTE, announced: [nlri('10.2.3.4/32')] },
      { family: 'ipv4', withdrawn: [nlri('10.1.0.0/16')], announced: [] },
      { family: 'ipv4', withdrawn: [], announced: [] },
    ]);
    expect(two.updates[0].attributes).to.equal(two.updates[1].attributes);
    expect(one.refreshes).to.deep.equal(['ipv4']);
  });

  it('holds for as long as keepalives pass, and is lost a hold time after they stop', () => {
    const { streams, one, two } = twoSpeakers({ holdS: 9, keepaliveS: 3, connectRetryS: 10 });
    streams.run(3600);
    expect(one.lost).to.deep.equal([]);
    const lastBeganNs = streams.clock.now();
    streams.isCut = true;
    streams.run(12);
    expect(one.lost).to.deep.equal(['hold timer expired']);
    expect(two.lost).to.deep.equal(['hold timer expired']);
    expect(one.session.state).not.to.equal('Established');
    expect(streams.clock.now() - lastBeganNs).to.equal(12 * SECOND);
    streams.isCut = false;
    streams.run(60);
    expect(one.session.state).to.equal('Established');
  });

  it('with a hold time of 0 sends no keepalives and never expires', () => {
    const { streams, one } = twoSpeakers({ holdS: 0 });
    streams.run(10);
    const sent = one.session.counters.messagesOut;
    streams.isCut = true;
    streams.run(100_000);
    expect(one.session.state).to.equal('Established');
    expect(one.session.counters.messagesOut).to.equal(sent);
  });

  it('says when it is full, and when it takes more; the other end gets everything', () => {
    const { streams, one, two } = twoSpeakers();
    streams.run(5);
    let next = 0;
    const fill = () => {
      while (next < 50_000) {
        const address = (0x0b000000 + next++ * 256) >>> 0;
        const announced = [{ prefix: { address, length: 24 } }];
        if (!one.session.send({ family: 'ipv4', withdrawn: [], attributes: ROUTE, announced })) return;
      }
    };
    fill();
    expect(next).to.be.within(1000, 10_000);
    while (next < 50_000) {
      const told = one.writable;
      streams.run(0.1);
      if (one.writable > told) fill();
    }
    streams.run(60);
    expect(two.updates).to.have.length(50_000);
    expect(two.updates.at(-1)?.announced[0].prefix.address).to.equal((0x0b000000 + 49_999 * 256) >>> 0);
  });

  it('ends with the NOTIFICATION that it was closed with, and begins again only when told to', () => {
    const { streams, one, two } = twoSpeakers();
    streams.run(5);
    one.session.close(6, 2);
    streams.run(300);
    expect(two.lost).to.deep.equal(['the neighbour said: cease: administrative shutdown']);
    expect(one.lost).to.deep.equal(['cease: administrative shutdown']);
    expect(one.session.state).to.equal('Idle');
    expect(one.session.counters.established).to.equal(1);
    one.session.start();
    streams.run(200);
    expect(one.session.state).to.equal('Established');
    one.session.close(6, 4, { againAfterNs: 10 * SECOND });
    streams.run(9);
    expect(one.session.state).to.equal('Idle');
    streams.run(200);
    expect(one.session.state).to.equal('Established');
  });

  it('is begun anew at once by a neighbour that vanished without a word and comes back', () => {
    const { streams, one } = twoSpeakers();
    streams.run(5);
    streams.vanish(2);
    const again = new Speaker(streams, 2, 1, { localAs: 65002 });
    streams.run(5);
    again.session.start();
    streams.run(15);
    expect(again.session.state).to.equal('Established');
    expect(one.session.state).to.equal('Established');
    expect(one.lost).to.deep.equal(['the connection ended: reset']);
  });
});
