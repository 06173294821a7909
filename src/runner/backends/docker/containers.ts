/** The containers of one run: made, started, watched over, removed. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import type Dockerode from 'dockerode';
import { type Deployment, LabError } from '../../lab.ts';
import type { RunningMachine } from '../daemons/machines.ts';
import type { LabPlan, Machine } from '../daemons/plan.ts';
import { ContainerLog } from './container-log.ts';
import { answered, type Engine, isNotFound, reasonOf, whereIs } from './engine.ts';
import { inParallel } from './parallel.ts';
import { containerSettings, MANAGEMENT_SOCKET, machineWords, RUN_LABEL } from './settings.ts';
import { type Death, watch } from './watch.ts';

/** The engine makes and starts so many at once; more wait for one another in the engine and the kernel. */
const AT_ONCE = 4;
/** Of the whole of it. */
const REMOVE_LIMIT_MS = 30_000;
/** Until what was killed has ended. */
const KILL_LIMIT_MS = 3_000;
const LOOK_EVERY_MS = 20;
/** What a container said last may come after word of its end. */
const LAST_WORDS_MS = 1_000;

interface Running {
  readonly container: Dockerode.Container;
  /** Of its first process, on this machine. */
  readonly pid: number;
}

export class Containers {
  readonly #engine: Engine;
  readonly #deployment: Deployment;
  readonly #machines: readonly Machine[];
  readonly #words: ReadonlyMap<string, string>;
  readonly #running = new Map<string, Running>();
  readonly #logs = new Map<string, ContainerLog>();
  #watching: { close(): void } | undefined;
  #failure: string | undefined;
  #mayRemain = false;

  /** `words`: what machines are called in names of containers. */
  constructor(engine: Engine, plan: LabPlan, deployment: Deployment, words = machineWords(plan)) {
    this.#engine = engine;
    this.#deployment = deployment;
    this.#machines = plan.machines;
    this.#words = words;
  }

  /** Makes and starts all of them. `files`: a folder for start-up files. Rejects with LabError, or when aborted. */
  async start(image: string, files: string): Promise<void> {
    await this.expect();
    await inParallel(this.#machines, AT_ONCE, (machine) => this.#startOne(machine, image, files));
  }

  /** From now on there may be containers of the run, and what becomes of them is watched. Rejects with LabError. */
  async expect(): Promise<void> {
    this.#mayRemain = true;
    this.#watching = await watch(this.#engine, this.#deployment.id, {
      died: (death) => void this.#mourn(death),
      lost: (reason) => {
        this.#failure ??= reason;
      },
    });
  }

  /** Takes over those that somebody else has started, called as `nameOf` says. Rejects with LabError. */
  async takeOver(): Promise<void> {
    await inParallel(this.#machines, AT_ONCE, (machine) =>
      this.#take(machine, this.#engine.getContainer(this.nameOf(machine.name))),
    );
  }

  async #startOne(machine: Machine, image: string, files: string): Promise<void> {
    const { id: run, signal } = this.#deployment;
    signal.throwIfAborted();
    const { name } = machine;
    const word = this.#words.get(name) ?? name;
    const startUpFile = join(files, `${word}.json`);
    if (machine.kind === 'router') {
      const startUp = { ...machine.startUp, management: { socket: MANAGEMENT_SOCKET } };
      // The folder is nobody else's; in the container, root may have another number.
      writeFileSync(startUpFile, JSON.stringify(startUp), { mode: 0o644 });
    }
    const settings = containerSettings(machine, {
      run,
      image,
      word,
      ...(machine.kind === 'router' && { startUpFile }),
    });
    const what = `the container of ${name} cannot be`;
    const container = await answered(`${what} made`, this.#engine.createContainer(settings));
    await answered(`${what} started`, container.start());
    await this.#take(machine, container);
  }

  async #take({ kind, name }: Machine, container: Dockerode.Container): Promise<void> {
    const { folder, log } = this.#deployment;
    const what = `the container of ${name} cannot be looked at`;
    const { Id: id, State: state, Config: config } = await answered(what, container.inspect());
    if (kind === 'router') {
      const file = join(folder, 'lab', `${this.#words.get(name) ?? name}.log`);
      const said = new ContainerLog(name, file, log);
      this.#logs.set(name, said);
      await said.follow(container, config.Tty);
    }
    if (!state.Running) {
      const { ExitCode: code, OOMKilled: isOutOfMemory } = state;
      throw new LabError(await this.#epitaph({ machine: name, code: String(code), isOutOfMemory }));
    }
    if (!isOnThisMachine(state.Pid, id)) {
      throw new LabError(
        `the Docker engine at ${whereIs(this.#engine)} is not on this machine: a lab's wires can only be laid where its containers are`,
      );
    }
    this.#running.set(name, { container: this.#engine.getContainer(id), pid: state.Pid });
  }

  /** Why the lab cannot go on. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** May there be some left? */
  get mayRemain(): boolean {
    return this.#mayRemain;
  }

  /** What each machine is to the runner. Throws LabError where one ended meanwhile. */
  places(): ReadonlyMap<string, RunningMachine> {
    if (this.#failure !== undefined) throw new LabError(this.#failure);
    return new Map(
      [...this.#running].map(([name, { pid }]) => {
        const netns = `/proc/${pid}/ns/net`;
        return [name, { netns, socket: `/proc/${pid}/root${MANAGEMENT_SOCKET}` }];
      }),
    );
  }

  of(machine: string): Dockerode.Container {
    const running = this.#running.get(machine);
    if (running === undefined) throw new Error(`machine ${machine} does not run`);
    return running.container;
  }

  nameOf(machine: string): string {
    return `shadowlab-${this.#deployment.id}-${this.#words.get(machine) ?? machine}`;
  }

  /**
   * Removes all of them, those whose making was under way as well. Rejects with a LabError that says what may be left
   * where the engine does not do it in time; their processes are ended all the same.
   */
  async remove(): Promise<void> {
    this.#watching?.close();
    this.#failure ??= 'the lab was taken down';
    try {
      await answered('its containers cannot be removed', this.#removeAll(), REMOVE_LIMIT_MS);
      this.#mayRemain = false;
    } catch (error) {
      await this.#killAll();
      const { id } = this.#deployment;
      throw new LabError(
        `${reasonOf(error)}; their processes were ended, but the engine may still list containers with the label ${RUN_LABEL}=${id}. Once it is back, \`shadowlab clean\` removes them`,
      );
    } finally {
      await Promise.all([...this.#logs.values()].map((log) => log.finished(LAST_WORDS_MS)));
    }
  }

  async #removeAll(): Promise<void> {
    const filters = { label: [`${RUN_LABEL}=${this.#deployment.id}`] };
    const found = await this.#engine.listContainers({ all: true, filters });
    await Promise.all(found.map(({ Id }) => removeContainer(this.#engine, Id)));
  }

  /** Without the engine. What they run ends with their first process, and their namespaces and wires with that. */
  async #killAll(): Promise<void> {
    const left = (): readonly number[] =>
      [...this.#running.values()].flatMap(({ container, pid }) =>
        isOnThisMachine(pid, container.id) ? [pid] : [],
      );
    for (const pid of left()) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It ended meanwhile.
      }
    }
    for (let waitedMs = 0; waitedMs < KILL_LIMIT_MS && left().length > 0; waitedMs += LOOK_EVERY_MS) {
      await after(LOOK_EVERY_MS);
    }
  }

  /** They stay up; nobody here reads of them any more. */
  leave(): void {
    this.#watching?.close();
    for (const log of this.#logs.values()) log.close();
  }

  async #mourn(death: Death): Promise<void> {
    const epitaph = await this.#epitaph(death);
    this.#failure ??= epitaph;
  }

  async #epitaph({ machine, code, isOutOfMemory }: Death): Promise<string> {
    const log = this.#logs.get(machine);
    await log?.finished(LAST_WORDS_MS);
    const why = isOutOfMemory ? ', out of memory' : '';
    const words = log?.lastWords === undefined ? '' : `; it last said: ${log.lastWords} (${log.file})`;
    return `the container of ${machine} ended with exit code ${code}${why}${words}`;
  }
}

/** Whatever it is doing. Resolves, too, where it is gone, or going. */
export async function removeContainer(engine: Engine, id: string): Promise<void> {
  try {
    await engine.getContainer(id).remove({ force: true, v: true });
  } catch (error) {
    if (!isNotFound(error) && !isGoing(error)) throw error;
  }
}

/** "removal of container … is already in progress" */
function isGoing(error: unknown): boolean {
  return error instanceof Error && 'statusCode' in error && error.statusCode === 409;
}

/** Is the process with this number here the container's? The engine may be on another machine, or count otherwise. */
function isOnThisMachine(pid: number, container: string): boolean {
  try {
    return pid > 1 && readFileSync(`/proc/${pid}/cgroup`, 'utf8').includes(container);
  } catch {
    return false;
  }
}
