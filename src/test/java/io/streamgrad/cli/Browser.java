package io.streamgrad.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.logging.Level;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import org.openqa.selenium.By;
import org.openqa.selenium.StaleElementReferenceException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;

/** Debian's Chromium without a window, and what a test asks of a page in it. One thread. */
final class Browser implements AutoCloseable {
  private static final Path CHROMIUM = Path.of("/usr/bin/chromium");
  private static final Path DRIVER = Path.of("/usr/bin/chromedriver");
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final ChromeDriver driver;

  /** A browser with a window of this size, in pixels of CSS. */
  Browser(int width, int height) {
    LoggingPreferences logs = new LoggingPreferences();
    logs.enable(LogType.BROWSER, Level.ALL);
    ChromeOptions options = new ChromeOptions();
    options.setBinary(CHROMIUM.toString());
    options.addArguments("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars");
    options.setCapability(ChromeOptions.LOGGING_PREFS, logs);
    driver =
        new ChromeDriver(
            new ChromeDriverService.Builder()
                .usingDriverExecutable(DRIVER.toFile())
                .usingAnyFreePort()
                .build(),
            options);
    resize(width, height);
  }

  /** Whether this machine has one. */
  static boolean isInstalled() {
    return Files.isExecutable(CHROMIUM) && Files.isExecutable(DRIVER);
  }

  void resize(int width, int height) {
    devTools(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", width < 500));
  }

  /** What the system's settings say of colours: "light" or "dark". */
  void prefer(String scheme) {
    devTools(
        "Emulation.setEmulatedMedia",
        Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
  }

  void open(URI page) {
    driver.get(page.toString());
  }

  void reload() {
    driver.navigate().refresh();
  }

  /** The text of the first element, as a person sees it. */
  String text(String css) {
    return find(css).getText();
  }

  List<String> texts(String css) {
    return driver.findElements(By.cssSelector(css)).stream().map(WebElement::getText).toList();
  }

  WebElement find(String css) {
    return driver.findElement(By.cssSelector(css));
  }

  /** Clicks it, wherever it is on the page. */
  void click(String css) {
    run("arguments[0].scrollIntoView({block: 'center'})", find(css));
    find(css).click();
  }

  /** Waits until the element's text is as it should be; returns it. */
  String await(String css, Predicate<String> condition) {
    String[] last = {"(none)"};
    try {
      Awaitility.await()
          .atMost(PATIENCE)
          .ignoreException(StaleElementReferenceException.class) // it was drawn anew meanwhile
          .until(
              () -> {
                last[0] = String.join(" | ", texts(css));
                return condition.test(last[0]);
              });
      return last[0];
    } catch (ConditionTimeoutException e) {
      throw new AssertionError(css + " is still: " + last[0] + "\n" + console(), e);
    }
  }

  void awaitAttribute(String css, String name, String value) {
    Awaitility.await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(10))
        .until(() -> value.equals(find(css).getAttribute(name)));
  }

  /** Waits until what was done is shown. */
  void nextFrame() {
    runAsync(
        "const done = arguments[arguments.length - 1];"
            + " requestAnimationFrame(() => requestAnimationFrame(() => done(true)));");
  }

  /** Milliseconds from the request to the first thing that was seen. */
  long firstPaint() {
    return ((Number) run("return Math.round(performance.getEntriesByType('paint')[0].startTime)"))
        .longValue();
  }

  Object run(String script, Object... arguments) {
    return Objects.requireNonNullElse(driver.executeScript(script, arguments), "");
  }

  Object runAsync(String script, Object... arguments) {
    return Objects.requireNonNullElse(driver.executeAsyncScript(script, arguments), "");
  }

  /** The part that the window shows. */
  void screenshot(Path file) throws IOException {
    Object image = devTools("Page.captureScreenshot", Map.of()).get("data");
    Files.createDirectories(file.toAbsolutePath().getParent());
    Files.write(file, Base64.getDecoder().decode(String.valueOf(image)));
  }

  /**
   * Errors and warnings since it was asked last; of scripts, of the policy, of what did not load.
   */
  List<String> console() {
    return driver.manage().logs().get(LogType.BROWSER).getAll().stream()
        .filter(entry -> entry.getLevel().intValue() >= Level.WARNING.intValue())
        .map(LogEntry::getMessage)
        .toList();
  }

  /** What axe finds that keeps somebody from reading the page; a line for each rule. */
  String barriers() throws IOException {
    try (InputStream axe =
        Browser.class.getResourceAsStream(
            "/META-INF/resources/webjars/axe-core/4.6.3/axe.min.js")) {
      assertThat(axe).isNotNull();
      run(new String(axe.readAllBytes(), UTF_8));
    }
    Object found =
        runAsync(
            """
            const done = arguments[arguments.length - 1];
            axe.run().then((result) => done(result.violations.map((rule) =>
              `${rule.id}: ${rule.help}: ${rule.nodes.map((node) => node.target + ' ' + node.failureSummary).join('; ')}`)));
            """);
    return ((List<?>) found).stream().map(String::valueOf).collect(Collectors.joining("\n"));
  }

  /** Draws strokes with the mouse; places are parts of the element's width and height. */
  void draw(String css, List<List<double[]>> strokes) {
    WebElement canvas = find(css);
    run("arguments[0].scrollIntoView({block: 'center'})", canvas);
    List<?> box =
        (List<?>)
            run(
                "const b = arguments[0].getBoundingClientRect(); return [b.x, b.y, b.width];",
                canvas);
    double left = ((Number) box.get(0)).doubleValue();
    double top = ((Number) box.get(1)).doubleValue();
    double side = ((Number) box.get(2)).doubleValue();
    for (List<double[]> stroke : strokes) {
      mouse("mousePressed", left, top, side, stroke.get(0));
      for (int i = 2; i < stroke.size(); i += 2) { // each step of a hand is longer than a pixel
        mouse("mouseMoved", left, top, side, stroke.get(i));
      }
      mouse("mouseMoved", left, top, side, stroke.get(stroke.size() - 1));
      mouse("mouseReleased", left, top, side, stroke.get(stroke.size() - 1));
    }
  }

  private void mouse(String type, double left, double top, double side, double[] at) {
    devTools(
        "Input.dispatchMouseEvent",
        Map.of(
            "type",
            type,
            "x",
            left + at[0] * side,
            "y",
            top + at[1] * side,
            "button",
            "left",
            "buttons",
            type.equals("mouseReleased") ? 0 : 1,
            "clickCount",
            1));
  }

  private Map<String, Object> devTools(String command, Map<String, Object> parameters) {
    return driver.executeCdpCommand(command, parameters);
  }

  @Override
  public void close() {
    driver.quit();
  }
}
