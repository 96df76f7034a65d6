"use strict";
// ExtendScript's Socket for Node: every call waits for its result, as there. `eof` is true when nothing has been
// received that was not read; with `eofKnows` false it stays true until a read has asked, as some versions are said to.

const { Worker, receiveMessageOnPort, MessageChannel } = require("node:worker_threads");

const WORKER = `
const net = require("node:net");
const { parentPort } = require("node:worker_threads");
parentPort.on("message", ({ address, port, signal }) => {
  const flag = new Int32Array(signal);
  function tell(message) {
    port.postMessage(message);
    Atomics.add(flag, 0, 1);
    Atomics.notify(flag, 0);
  }
  const [host, number] = address.split(":");
  const socket = net.connect(Number(number), host, () => tell({ connected: true }));
  socket.setEncoding("latin1");
  socket.on("data", (data) => tell({ data }));
  socket.on("error", () => tell({ ended: true }));
  socket.on("end", () => tell({ ended: true }));
  port.on("message", (message) => socket.write(message.write, "latin1"));
  port.on("close", () => socket.destroy());
});
`;

let worker = null;

/** One thread that does the waiting for all sockets. */
function waiter() {
  if (worker === null) {
    worker = new Worker(WORKER, { eval: true });
    worker.unref();
  }
  return worker;
}

function socketClass(options = {}) {
  return class Socket {
    constructor() {
      this.timeout = 10;
      this.held = "";
      this.asked = options.eofKnows !== false;
      this.isOpen = false;
    }

    open(address, encoding) {
      if (encoding !== "BINARY") throw new Error("only BINARY keeps every sign");
      const signal = new SharedArrayBuffer(4);
      const { port1, port2 } = new MessageChannel();
      this.flag = new Int32Array(signal);
      this.port = port1;
      waiter().postMessage({ address, port: port2, signal }, [port2]);
      this.wait(5000, () => this.isOpen || this.ended);
      return this.isOpen;
    }

    take() {
      for (let got = receiveMessageOnPort(this.port); got; got = receiveMessageOnPort(this.port)) {
        if (got.message.connected) this.isOpen = true;
        if (got.message.data) this.held += got.message.data;
        if (got.message.ended) this.ended = true;
      }
    }

    wait(mostMs, isDone) {
      const end = Date.now() + mostMs;
      for (;;) {
        const seen = Atomics.load(this.flag, 0);
        this.take();
        const left = end - Date.now();
        if (isDone() || left <= 0) return;
        Atomics.wait(this.flag, 0, seen, left);
      }
    }

    write(text) {
      if (/[^\x00-\xff]/.test(text)) throw new Error("BINARY has no such sign");
      this.port.postMessage({ write: text });
      return true;
    }

    get eof() {
      this.take();
      return !this.asked || this.held === "";
    }

    get connected() {
      this.take();
      return this.isOpen && !this.ended;
    }

    read(count) {
      this.asked = true;
      this.wait(this.timeout * 1000, () => this.held !== "" || this.ended);
      const got = this.held.slice(0, count);
      this.held = this.held.slice(count);
      return got;
    }

    close() {
      this.isOpen = false;
      this.port.close();
    }
  };
}

module.exports = { socketClass };
