package io.streamgrad.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.streamgrad.config.Partitioner;
import io.streamgrad.config.load.ConfigLoader;
import io.streamgrad.dataset.Batch;
import io.streamgrad.dataset.Batches;
import io.streamgrad.dataset.Datasets;
import io.streamgrad.dataset.ImageDataset;
import io.streamgrad.dataset.Split;
import io.streamgrad.embedded.EmbeddedBroker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;

/**
 * The page as people see it, in a real browser. {@code -Dpage.images=docs/images} writes the
 * pictures that README shows.
 */
class PageIT {
  private static final int PHONE = 390;
  private static final int DRAWN = 100;
  private static final @Nullable String IMAGES = System.getProperty("page.images");

  @TempDir private static Path kafka;
  private static EmbeddedBroker broker;

  @TempDir private Path directory;
  private Browser browser;
  private String model;

  @BeforeAll
  static void startBroker() {
    assumeTrue(Browser.isInstalled(), "no /usr/bin/chromium with /usr/bin/chromedriver");
    broker = EmbeddedBroker.start(kafka, 0);
  }

  @AfterAll
  static void stopBroker() {
    if (broker != null) {
      broker.close();
    }
  }

  @BeforeEach
  void openBrowser() {
    browser = new Browser(1280, 900);
    model = "mnist-" + directory.getFileName();
  }

  @AfterEach
  void closeBrowser() {
    browser.close();
  }

  @Test
  void givenAPageThatIsOpenWhenImagesStreamThenItsCurveRisesAndStaysOverAReload() throws Exception {
    try (Service service = serve(Map.of())) {
      browser.open(service.uri());
      browser.await("#state", text -> text.equals("Ready, no images come"));
      System.out.printf("first paint after %s ms%n", browser.firstPaint());
      assertThat(browser.text("#story")).startsWith("No model has learned anything yet.");

      stream(20_000);

      browser.await("#tiles", text -> text.contains("of 20k images"));
      browser.click("#curve-table summary");
      browser.await("#curve-table", text -> text.contains("20,000"));
      List<Double> accuracies = accuracies();
      assertThat(accuracies).hasSizeGreaterThanOrEqualTo(19);
      assertThat(accuracies.get(0)).as("at first").isLessThan(75);
      assertThat(accuracies.get(accuracies.size() - 1)).as("at last").isGreaterThan(85);
      assertThat(browser.text("#story")).startsWith(model + " has read 20,000 images");
      browser.await("#misread", text -> text.contains("→"));
      assertThat(browser.texts("#confusion tbody tr")).hasSize(10);
      assertThat(linesDrawn()).as("lines on the canvas").isTrue();

      browser.reload();

      browser.await("#tiles", text -> text.contains("of 20k images"));
      browser.click("#curve-table summary");
      browser.await("#curve-table", text -> text.contains("20,000"));
      assertThat(accuracies()).isEqualTo(accuracies);
      assertThat(browser.console()).isEmpty();
    }
  }

  @Test
  void givenAServiceThatIsStartedAgainThenThePageSaysSoAndItsCurveIsThere() throws Exception {
    int port;
    try (Service service = serve(Map.of())) {
      port = service.uri().getPort();
      stream(5_000);
      browser.open(service.uri());
      browser.await("#tiles", text -> text.contains("of 5,000 images"));
      browser.click("#curve-table summary");
    }
    browser.await("#state", text -> text.equals("Connection lost; trying again"));
    assertThat(browser.console())
        .allMatch(line -> line.matches("(?s).*(net::ERR_|status of 503).*"));
    String before = browser.text("#curve-table tbody");

    try (Service again = serve(Map.of("http.port", Integer.toString(port)))) {
      browser.await("#state", text -> text.equals("Ready, no images come"));
      browser.reload();
      browser.await("#tiles", text -> text.contains("of 5,000 images"));
      browser.click("#curve-table summary");
      assertThat(browser.await("#curve-table tbody", text -> !text.isEmpty())).isEqualTo(before);
      assertThat(again.uri().getPort()).isEqualTo(port);
    }
  }

  @Test
  void givenTwoInstancesThenEachShowsTheModelsOfBothAndWhereTheyLive() throws Exception {
    Map<String, String> two = new HashMap<>(inputs("two"));
    two.put("topics.partitions", "2");
    try (Service first = serve(two)) {
      List<String> models = List.of("a", "b", "c", "d"); // in both partitions
      for (String each : models) {
        stream(each, 1_000, "two.images");
      }
      two.put("state-dir", directory.resolve("second").toString());
      try (Service second = serve(two)) {
        for (Service each : List.of(first, second)) {
          browser.open(each.uri());
          browser.await("#partitions", text -> text.matches("this instance has partition [01]"));
          browser.await(
              "#models",
              text -> models.stream().allMatch(name -> text.contains(name + " learns partition")));
          assertThat(browser.text("#models")).contains(", here").contains(", another instance");
          assertThat(browser.console()).isEmpty();
        }
      }
    }
  }

  @Test
  void givenATokenThenThePageAsksForItAndShowsNothingBefore() throws Exception {
    Path token = Files.writeString(directory.resolve("token"), "open-sesame");
    try (Service service = serve(Map.of("http.token-file", token.toString()))) {
      browser.open(service.uri());
      browser.await("#token", text -> text.contains("This service asks for its token"));
      assertThat(browser.text("#state")).isEqualTo("Waiting for the token");

      browser.find("#token-value").sendKeys("wrong\n");
      browser.await("#token", text -> text.contains("does not take this token"));
      browser.find("#token-value").sendKeys("open-sesame\n");

      browser.await("#state", text -> text.startsWith("Ready"));
      assertThat(browser.run("return localStorage.length + document.cookie.length").toString())
          .as("what outlives the tab")
          .isEqualTo("0");
      assertThat(browser.console()).allMatch(line -> line.contains("401 (Unauthorized)"));
    }
  }

  @Test
  void givenDigitsDrawnAsTestImagesThen90Of100AreReadRightByCommittedWeights() throws Exception {
    Map<String, String> settings = new HashMap<>(inputs("draw"));
    settings.put("model.layers", "[784, 64, 10]");
    settings.put("models.mnist-adam.optimizer.type", "adam");
    settings.put("models.mnist-adam.learning-rate.initial", "0.001");
    try (Service service = serve(settings)) {
      stream("mnist-adam", 60_000, "draw.images");
      stream("mnist", 60_000, "draw.images");
      browser.open(service.uri().resolve("#model=mnist&model=mnist-adam"));
      browser.await("#tiles", text -> text.contains("of 60k images"));
      browser.await(
          "#models", text -> text.matches("(?s).*mnist-adam learns \\S+ 0, here 60,000 .*"));

      int right = 0;
      ImageDataset test = Datasets.mnist(Split.TEST);
      for (int i = 0; i < DRAWN; i++) {
        right += drawn(test, i).equals(Integer.toString(test.label(i))) ? 1 : 0;
      }
      System.out.printf("%d of %d drawings are read right%n", right, DRAWN);
      assertThat(right).isGreaterThanOrEqualTo(90);
      assertThat(browser.text("#draw-answer"))
          .contains("Committed weights, version 6,000, with all up to offset ");
      browser.run("document.querySelector('#units').scrollIntoView()");
      browser.await("#units-note", text -> text.contains("version 6,000"));
      assertThat(browser.texts("#units canvas")).hasSize(64);
      takePictures(test);
      assertThat(browser.console()).isEmpty();
    }
  }

  /** What the model reads, when an image is drawn. */
  private String drawn(ImageDataset dataset, int image) {
    int pixels = dataset.height() * dataset.width();
    byte[] one = Arrays.copyOfRange(dataset.pixels(), image * pixels, (image + 1) * pixels);
    browser.click("#clear");
    browser.draw("#canvas", Strokes.of(one, dataset.width()));
    browser.nextFrame();
    browser.awaitAttribute("#bars", "aria-busy", "false");
    return browser.text("#answer");
  }

  private void takePictures(ImageDataset test) throws IOException {
    if (IMAGES == null) {
      return;
    }
    browser.resize(1280, 1210);
    drawn(test, 4);
    browser.run("document.activeElement.blur(); scrollTo(0, 0)");
    browser.screenshot(Path.of(IMAGES, "page.png"));
    browser.prefer("dark");
    browser.resize(PHONE, 844);
    browser.screenshot(Path.of(IMAGES, "page-phone.png"));
  }

  @Test
  void givenAKeyboardAloneThenOneCanDrawToo() throws Exception {
    try (Service service = serve(Map.of())) {
      stream(2_000);
      browser.open(service.uri());
      browser.await("#tiles", text -> text.contains("of 2,000 images"));
      WebElement canvas = browser.find("#canvas");
      canvas.sendKeys(Keys.ARROW_UP, Keys.ARROW_UP, Keys.ARROW_UP, Keys.ARROW_UP, Keys.SPACE);
      for (int i = 0; i < 9; i++) {
        canvas.sendKeys(Keys.ARROW_DOWN);
      }
      assertThat(browser.await("#draw-answer", text -> text.contains("reads a ")))
          .contains("Committed weights, version 200,");
      canvas.sendKeys(Keys.DELETE);
      browser.await("#answer", text -> text.equals("?"));
      assertThat(browser.console()).isEmpty();
    }
  }

  @Test
  void thePageIsForEverybodyAndFitsAPhone() throws Exception {
    try (Service service = serve(Map.of())) {
      stream(3_000);
      browser.open(service.uri());
      browser.await("#tiles", text -> text.contains("of 3,000 images"));
      browser.await("#misread", text -> text.contains("→"));
      assertThat(browser.console()).isEmpty(); // before axe, which looks into every canvas
      for (String scheme : List.of("light", "dark")) {
        browser.prefer(scheme);
        assertThat(browser.barriers()).as(scheme).isEmpty();
      }
      browser.resize(PHONE, 844);
      browser.nextFrame();
      assertThat(browser.run("return document.documentElement.scrollWidth").toString())
          .isEqualTo(Integer.toString(PHONE));
      assertThat(browser.barriers()).as("on a phone").isEmpty();
    }
  }

  /** Whether the curve's canvas has more than one colour besides its grid. */
  private boolean linesDrawn() {
    return Boolean.parseBoolean(
        browser
            .run(
                """
                const canvas = document.querySelector('#accuracy canvas');
                const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
                let blue = 0;
                for (let i = 0; i < pixels.length; i += 4)
                  if (pixels[i + 3] > 200 && pixels[i + 2] > pixels[i] + 100) blue++;
                return blue > 500;
                """)
            .toString());
  }

  /** Of the table, oldest first, in percent. */
  private List<Double> accuracies() {
    List<Double> newestFirst =
        browser.texts("#curve-table tbody td:nth-child(3)").stream()
            .map(text -> Double.valueOf(text.replace(" %", "")))
            .collect(Collectors.toList());
    Collections.reverse(newestFirst);
    return newestFirst;
  }

  private void stream(int images) {
    stream(model, images, model + ".images");
  }

  private void stream(String name, int images, String topic) {
    ImageDataset mnist = Datasets.mnist(Split.TRAIN);
    try (BatchProducer producer =
        new BatchProducer(client(), topic, "", name, Partitioner.MURMUR2)) {
      int number = 0;
      for (Batch batch : Batches.of(mnist, 10).limit(images)) {
        producer.send(batch, "batch-" + number++, true);
      }
      producer.flush();
    }
  }

  private Service serve(Map<String, String> more) {
    Map<String, String> settings = new HashMap<>(inputs(model));
    settings.put("kafka.bootstrap.servers", broker.bootstrapServers());
    settings.put("topics.create", "true");
    settings.put("model.layers", "[784, 10, 10]");
    settings.put("state-dir", directory.resolve("state").toString());
    settings.put("http.host", "127.0.0.1");
    settings.put("http.port", "0");
    settings.put("http.health-port", "0");
    settings.putAll(more);
    Service service = Service.open(ConfigLoader.load(null, Map.of(), settings));
    try {
      service.begin();
      return service;
    } catch (RuntimeException e) {
      service.close();
      throw e;
    }
  }

  /** Topics of its own. */
  private static Map<String, String> inputs(String name) {
    return Map.of(
        "application-id", name,
        "topics.images", name + ".images",
        "topics.predictions", name + ".predictions",
        "topics.metrics", name + ".metrics",
        "topics.dead-letters", name + ".dead-letters");
  }

  private static Map<String, Object> client() {
    return Map.of("bootstrap.servers", broker.bootstrapServers());
  }
}
