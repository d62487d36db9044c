package io.streamgrad.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.jspecify.annotations.Nullable;

/**
 * Who may ask the port, and whether the way there is encrypted. The token is read once, the keys
 * again whenever their file has changed; neither is shown.
 */
public final class HttpSecurity {
  /** Everybody may ask, and the way is plain. */
  public static final HttpSecurity NONE = new HttpSecurity(null, null);

  private static final String SCHEME = "Bearer ";

  private final byte @Nullable [] token;
  private final SslContextFactory.@Nullable Server tls;

  private HttpSecurity(byte @Nullable [] token, SslContextFactory.@Nullable Server tls) {
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
    SslContextFactory.Server tls = given(keystore) ? tls(keystore, passwordFile) : null;
    return token == null && tls == null ? NONE : new HttpSecurity(token, tls);
  }

  /** What encrypts; null for plain HTTP. */
  SslContextFactory.@Nullable Server tls() {
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

  private static SslContextFactory.Server tls(Path keystore, Path passwordFile) {
    SslContextFactory.Server tls = new SslContextFactory.Server();
    tls.setKeyStoreType("PKCS12"); // reads JKS too
    tls.setKeyStorePassword(secret("http.keystore-password-file", passwordFile));
    try {
      tls.setKeyStorePath(keystore.toAbsolutePath().toString());
      tls.start(); // reads it, so that what is wrong with it is known now
      return tls;
    } catch (Exception e) {
      throw unusable("http.keystore", keystore, e);
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
    return new UncheckedIOException(new IOException(key + ": " + file + " can't be used", why));
  }

  private static boolean given(Path path) {
    return !path.toString().isEmpty();
  }
}
