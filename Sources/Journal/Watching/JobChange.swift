/// A job as it is since a change.
public struct JobChange: Sendable {
    /// The job. One that is not shown any more is gone.
    public let record: JobRecord
    /// The number of the change.
    public let revision: Int64
    /// The number of the change that made the job visible, for the last time.
    public let born: Int64
}

/// Changes that follow each other, as of one moment.
public struct JobChanges: Sendable {
    /// By revision; of a job the newest change alone.
    public let changes: [JobChange]
    /// All changes up to this one are in it.
    public let revision: Int64
    /// Whether there are more beyond.
    public let hasMore: Bool
}

/// A moment of a journal's life.
public struct JournalMark: Sendable, Equatable {
    /// Names the journal; one that is begun anew has another name.
    public let journal: String
    /// The newest change.
    public let revision: Int64
}
