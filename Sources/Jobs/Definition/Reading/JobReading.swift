/// What a job file was read as.
public struct JobReading: Sendable {
    /// Nil exactly when one of the issues is an error.
    public let job: Job?
    /// In the order of the file; at most 100, and then one that says how many more there are.
    public let issues: [Issue]
}
