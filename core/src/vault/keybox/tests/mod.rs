//! What a power cut, a stranger and many threads at once do to a keybox.
