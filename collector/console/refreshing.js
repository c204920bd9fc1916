// One refresh at a time, at most one waiting: a storm of events costs what a quiet minute costs.

// `work` is done at once, and again when it was asked for meanwhile; `breath` milliseconds lie between.
export function refreshing(work, breath) {
  let running = false;
  let due = false;
  return async () => {
    due = true;
    if (running) return;
    running = true;
    try {
      while (due) {
        due = false;
        await work();
        await new Promise((done) => setTimeout(done, breath));
      }
    } finally {
      running = false;
    }
  };
}
