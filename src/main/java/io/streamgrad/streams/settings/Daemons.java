package io.streamgrad.streams.settings;

import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;

/** Threads that keep no process alive. */
public final class Daemons {
  private Daemons() {}

  /** One thread, to do something again and again, or later. */
  public static ScheduledExecutorService scheduler(String name) {
    return Executors.newSingleThreadScheduledExecutor(
        task -> {
          Thread daemon = new Thread(task, "streamgrad-" + name);
          daemon.setDaemon(true);
          return daemon;
        });
  }
}
