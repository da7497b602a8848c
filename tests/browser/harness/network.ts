import { once } from "node:events";
import { type AddressInfo, type Server, type Socket, connect, createServer } from "node:net";

/** The customer's way to an address: a TCP proxy that can be cut. */
export class Network {
  readonly #sockets = new Set<Socket>();
  readonly #target: URL;
  readonly #server: Server;
  #port = 0;

  private constructor(target: string) {
    this.#target = new URL(target);
    this.#server = createServer((incoming) => this.#join(incoming));
  }

  /** A way to this address, over a port of its own. */
  static async to(target: string): Promise<Network> {
    const network = new Network(target);
    await network.restore();
    return network;
  }

  /** What the target's address is over this way. */
  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Breaks every connection and refuses new ones. */
  async cut(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#sockets.forEach((socket) => socket.destroy());
    await closed;
  }

  /** Lets every connection fall silent for ever without breaking it, as if a cable were pulled; new ones work. */
  stall(): void {
    for (const socket of this.#sockets) {
      socket.unpipe();
      socket.pause();
    }
  }

  /** Takes connections again, under the same address. */
  async restore(): Promise<void> {
    this.#server.listen(this.#port, "127.0.0.1");
    await once(this.#server, "listening");
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  #join(incoming: Socket): void {
    const outgoing = connect(Number(this.#target.port), this.#target.hostname);
    incoming.pipe(outgoing).pipe(incoming);
    for (const [socket, other] of [
      [incoming, outgoing],
      [outgoing, incoming],
    ] as const) {
      this.#sockets.add(socket);
      socket.on("error", () => other.destroy());
      socket.on("close", () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
  }
}
