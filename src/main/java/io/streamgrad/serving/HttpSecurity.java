package io.streamgrad.serving;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.util.Arrays;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * Who may ask the endpoint, and whether the way there is encrypted. The token and the keys are read
 * from files once, and never shown.
 */
public final class HttpSecurity {
  /** Everybody may ask, and the way is plain. */
  public static final HttpSecurity NONE = new HttpSecurity(null, null);

  private static final String SCHEME = "Bearer ";

  private final byte @Nullable [] token;
  private final @Nullable SSLContext tls;

  private HttpSecurity(byte @Nullable [] token, @Nullable SSLContext tls) {
    this.token = token;
    this.tls = tls;
  }

  /**
   * Reads what is given; an empty path gives nothing.
   *
   * @param tokenFile holds the bearer token that clients must send; blanks around it do not count
   * @param keystore PKCS12 or JKS, with the server's key and certificates
   * @param passwordFile holds the password of the keystore and of its key
   * @throws UncheckedIOException naming the file that can't be used
   */
  public static HttpSecurity read(Path tokenFile, Path keystore, Path passwordFile) {
    byte[] token = given(tokenFile) ? secret("http.token-file", tokenFile).getBytes(UTF_8) : null;
    SSLContext tls = given(keystore) ? tls(keystore, passwordFile) : null;
    return token == null && tls == null ? NONE : new HttpSecurity(token, tls);
  }

  /** What encrypts; null for plain HTTP. */
  @Nullable SSLContext tls() {
    return tls;
  }

  /** Whether this Authorization header opens the door; takes as long for any of its length. */
  boolean admits(@Nullable String authorization) {
    return token == null
        || (authorization != null
            && authorization.regionMatches(true, 0, SCHEME, 0, SCHEME.length())
            && MessageDigest.isEqual(
                token, authorization.substring(SCHEME.length()).strip().getBytes(UTF_8)));
  }

  private static SSLContext tls(Path keystore, Path passwordFile) {
    char[] password = secret("http.keystore-password-file", passwordFile).toCharArray();
    try (InputStream in = Files.newInputStream(keystore)) {
      KeyStore keys = KeyStore.getInstance("PKCS12"); // reads JKS too
      keys.load(in, password);
      KeyManagerFactory managers =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      managers.init(keys, password);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(managers.getKeyManagers(), null, null);
      return context;
    } catch (IOException | GeneralSecurityException e) {
      throw unusable("http.keystore", keystore, e);
    } finally {
      Arrays.fill(password, ' ');
    }
  }

  private static String secret(String key, Path file) {
    String secret;
    try {
      secret = Files.readString(file).strip();
    } catch (IOException e) {
      throw unusable(key, file, e);
    }
    if (secret.isEmpty()) {
      throw unusable(key, file, new IOException("it is empty"));
    }
    return secret;
  }

  private static UncheckedIOException unusable(String key, Path file, Exception why) {
    return new UncheckedIOException(
        new IOException(key + ": " + file + " can't be used: " + why.getMessage()));
  }

  private static boolean given(Path path) {
    return !path.toString().isEmpty();
  }
}
