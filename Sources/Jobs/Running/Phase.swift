/// Where a job stands, as every surface shows it.
public enum Phase: String, Sendable, Codable, CaseIterable {
    /// Planned, and no backend has it yet.
    case pending
    /// Its runtime or code is being made ready.
    case preparing
    /// Waits for room on its cluster or for other jobs.
    case queued
    case running
    case restarting
    case suspended
    case succeeded
    case failed
    /// Its file is gone and its processes are being stopped.
    case deleting
    /// Its file can't be used and nothing was applied before.
    case held
    /// Its cluster does not say.
    case unknown

    /// Whether the run is over for good: it is not started again without a change of the file.
    public var isFinal: Bool { self == .succeeded || self == .failed }
}
