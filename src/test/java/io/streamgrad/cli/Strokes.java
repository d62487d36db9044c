package io.streamgrad.cli;

import java.util.ArrayList;
import java.util.List;

/**
 * A digit's image as the strokes of a pen: its lines thinned to one pixel (Zhang and Suen, 1984),
 * and followed from end to end.
 */
final class Strokes {
  private static final int INK = 110; // of 255
  private static final int[][] AROUND = { // clockwise from above: p2 to p9 of the paper
    {-1, 0}, {-1, 1}, {0, 1}, {1, 1}, {1, 0}, {1, -1}, {0, -1}, {-1, -1}
  };

  private final boolean[][] ink; // (height, width), with an empty border
  private final int side;

  private Strokes(byte[] pixels, int side) {
    this.side = side + 2;
    ink = new boolean[this.side][this.side];
    for (int i = 0; i < side * side; i++) {
      ink[i / side + 1][i % side + 1] = Byte.toUnsignedInt(pixels[i]) >= INK;
    }
  }

  /** The strokes of a square image; places are parts of its side. */
  static List<List<double[]>> of(byte[] pixels, int side) {
    Strokes strokes = new Strokes(pixels, side);
    strokes.thin();
    return strokes.follow();
  }

  private void thin() {
    boolean changed = true;
    while (changed) {
      boolean first = pass(true);
      changed = pass(false) || first;
    }
  }

  private boolean pass(boolean first) {
    List<int[]> peeled = new ArrayList<>();
    for (int y = 1; y < side - 1; y++) {
      for (int x = 1; x < side - 1; x++) {
        if (ink[y][x] && isEdge(y, x, first)) {
          peeled.add(new int[] {y, x});
        }
      }
    }
    peeled.forEach(at -> ink[at[0]][at[1]] = false);
    return !peeled.isEmpty();
  }

  private boolean isEdge(int y, int x, boolean first) {
    boolean[] p = new boolean[AROUND.length];
    for (int i = 0; i < p.length; i++) {
      p[i] = ink[y + AROUND[i][0]][x + AROUND[i][1]];
    }
    int neighbours = 0;
    int begins = 0;
    for (int i = 0; i < p.length; i++) {
      neighbours += p[i] ? 1 : 0;
      begins += !p[i] && p[(i + 1) % p.length] ? 1 : 0;
    }
    boolean open =
        first
            ? !(p[0] && p[2] && p[4]) && !(p[2] && p[4] && p[6])
            : !(p[0] && p[2] && p[6]) && !(p[0] && p[4] && p[6]);
    return neighbours >= 2 && neighbours <= 6 && begins == 1 && open;
  }

  /**
   * Lines from their ends first, then what is closed. Each pixel once, joined to its neighbours.
   */
  private List<List<double[]>> follow() {
    List<List<double[]>> strokes = new ArrayList<>();
    boolean[][] done = new boolean[side][side];
    for (int ends = 1; ends <= AROUND.length; ends++) {
      for (int y = 1; y < side - 1; y++) {
        for (int x = 1; x < side - 1; x++) {
          if (ink[y][x] && !done[y][x] && (ends > 1 || neighbours(y, x, done).size() <= 1)) {
            strokes.add(from(y, x, done));
          }
        }
      }
    }
    return strokes;
  }

  private List<double[]> from(int startY, int startX, boolean[][] done) {
    List<double[]> stroke = new ArrayList<>();
    int[] at = {startY, startX};
    // A branch begins on the line that it leaves.
    neighbours(startY, startX, new boolean[side][side]).stream()
        .filter(other -> done[other[0]][other[1]])
        .findFirst()
        .ifPresent(joint -> stroke.add(place(joint)));
    while (true) {
      stroke.add(place(at));
      done[at[0]][at[1]] = true;
      List<int[]> next = neighbours(at[0], at[1], done);
      if (next.isEmpty()) {
        int[] last = at;
        neighbours(at[0], at[1], new boolean[side][side]).stream()
            .filter(
                other ->
                    stroke.size() > 2 && !isOf(stroke, place(other)) && done[other[0]][other[1]])
            .findFirst()
            .or(() -> closing(last, startY, startX, stroke))
            .ifPresent(joint -> stroke.add(place(joint)));
        return stroke;
      }
      at = next.get(0);
    }
  }

  private static java.util.Optional<int[]> closing(
      int[] last, int startY, int startX, List<double[]> stroke) {
    boolean near = Math.abs(last[0] - startY) <= 1 && Math.abs(last[1] - startX) <= 1;
    return near && stroke.size() > 4
        ? java.util.Optional.of(new int[] {startY, startX})
        : java.util.Optional.empty();
  }

  private static boolean isOf(List<double[]> stroke, double[] place) {
    return stroke.stream().anyMatch(each -> each[0] == place[0] && each[1] == place[1]);
  }

  /** Those with ink that are not done, straight ones before diagonal ones. */
  private List<int[]> neighbours(int y, int x, boolean[][] done) {
    List<int[]> found = new ArrayList<>();
    for (int turn = 0; turn < 2; turn++) {
      for (int i = turn; i < AROUND.length; i += 2) {
        int[] at = {y + AROUND[i][0], x + AROUND[i][1]};
        if (ink[at[0]][at[1]] && !done[at[0]][at[1]]) {
          found.add(at);
        }
      }
    }
    return found;
  }

  private double[] place(int[] at) {
    double width = side - 2;
    return new double[] {(at[1] - 0.5) / width, (at[0] - 0.5) / width};
  }
}
