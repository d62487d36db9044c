package io.streamgrad.kernel;

/**
 * The factors of tiles that are so many rows high: for each term those of a tile's rows, side by
 * side. Where they lie so anyway, and near enough, they are taken as they are; else they are
 * copied, as terms a power of two apart would throw one another out of the cache.
 */
final class TileFactors {
  private final int height;
  private float[] copy = {}; // (tiles, terms, height)
  private float[] values = {};
  private int rows;
  private int terms;
  private int step;

  TileFactors(int height) {
    this.height = height;
  }

  /** The factor of row r and term k is f[r * fr + k * fk]; rows of k that are short are padded. */
  void take(float[] f, int fr, int fk, int rows, int terms) {
    this.rows = rows;
    this.terms = terms;
    if (fr == 1 && fk == Kernel.LANES) {
      values = f;
      step = fk;
    } else {
      copy(f, fr, fk);
      values = copy;
      step = height;
    }
  }

  /** The first row of a tile that is to begin with r: the last one begins earlier, if it can. */
  int row(int r) {
    return Math.max(0, Math.min(r, rows - height));
  }

  /** {@link #values} from here on are the factors of the tile that is to begin with row r. */
  int at(int r) {
    return values == copy ? r * terms : row(r);
  }

  /** A tile's term k has its factors at {@code k * step()} after the first ones. */
  int step() {
    return step;
  }

  /** Those of all tiles. */
  float[] values() {
    return values;
  }

  private void copy(float[] f, int fr, int fk) {
    int tiles = (rows + height - 1) / height;
    copy = PaddedRows.atLeast(tiles * terms * height, copy);
    int to = 0;
    for (int r = 0; r < rows; r += height) {
      int n = Math.min(height, rows);
      for (int k = 0; k < terms; k++, to += height) {
        int from = row(r) * fr + k * fk;
        if (fr == 1) {
          System.arraycopy(f, from, copy, to, n);
        } else {
          for (int i = 0; i < n; i++) {
            copy[to + i] = f[from + i * fr];
          }
        }
      }
    }
  }
}
