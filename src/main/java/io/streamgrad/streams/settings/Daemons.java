package io.streamgrad.streams.settings;

import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor.DiscardPolicy;

/** Threads that keep no process alive. */
public final class Daemons {
  private Daemons() {}

  /** One thread, to do something again and again, or later; after its shutdown it does nothing. */
  public static ScheduledExecutorService scheduler(String name) {
    return new ScheduledThreadPoolExecutor(
        1,
        task -> {
          Thread daemon = new Thread(task, "streamgrad-" + name);
          daemon.setDaemon(true);
          return daemon;
        },
        new DiscardPolicy());
  }
}
