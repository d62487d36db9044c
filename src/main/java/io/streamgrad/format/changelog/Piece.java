package io.streamgrad.format.changelog;

/**
 * A stored record: one of the pieces that {@link ChangelogLayout} draws.
 *
 * @param value not a copy
 */
@SuppressWarnings("ArrayRecordComponent") // compared by no one
public record Piece(Key key, byte[] value) {}
