//! Tables of faults.
