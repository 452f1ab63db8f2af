// Triples the time limits of tests. The limits are for tests that hang; beside two other processes, all take longer.
const { Runnable } = require("mocha");

const patience = 3;
const { run, timeout } = Runnable.prototype;
const started = new WeakSet();

Runnable.prototype.run = function runPatiently(done) {
  if (!started.has(this)) {
    started.add(this);
    timeout.call(this, this.timeout() * patience);
  }
  return run.call(this, done);
};

// A test that sets its limit while it runs.
Runnable.prototype.timeout = function patientTimeout(limit, ...rest) {
  if (limit === undefined) {
    return timeout.call(this);
  }
  return timeout.call(this, started.has(this) && typeof limit === "number" ? limit * patience : limit, ...rest);
};
