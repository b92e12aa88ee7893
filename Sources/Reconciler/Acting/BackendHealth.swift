import Jobs

/// What is known of one backend.
struct BackendHealth: Sendable {
    /// Whether its runs were compared with the journal's since it was last away: before that, nothing is begun on it.
    var isCompared = false
    /// Why it could not be asked for its runs; nil where it could.
    var outage: String?
    /// Why the newest action of some jobs could not be done, as far as they still wait.
    var postponed: [JobKey: String] = [:]

    /// What the newest call failed with that it has not made good since; nil where it answers.
    var fault: String? {
        outage ?? postponed.min { $0.key < $1.key }?.value
    }
}
