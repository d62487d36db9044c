package io.streamgrad.wire;

/**
 * A command that lies in another partition than its model lives in, and so is refused.
 *
 * @param reason where the model lives, and how to mend the sender
 */
public record MisplacedCommand(DecodedCommand command, String reason) implements Decoded {}
