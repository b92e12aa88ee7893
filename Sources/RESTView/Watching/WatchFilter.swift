import Jobs
import Journal

/// Decides what a change is for one watcher, who knows some jobs already.
///
/// Of several changes of a job that are read at once there is the newest alone. So it is the moments at which the watcher has had all
/// there was (``sync(at:)``) that tell whether they know a job: it was visible then, and has been since.
struct WatchFilter {
    enum Event: String {
        case added, modified, deleted
    }

    private let query: JobQuery
    private let isFiltered: Bool
    /// When the watcher had all that there was, for the last time; 0: never.
    private var synced: Int64
    /// Whether the watcher has a job, of those that were told since, and with filters of all that ever were.
    private var told: [String: Bool] = [:]

    init(_ query: JobQuery, synced: Int64) {
        self.query = query
        self.synced = synced
        isFiltered = query.phase != nil || query.uid != nil || query.text != nil
    }

    /// - Returns: nil where it is nothing to the watcher.
    mutating func event(for change: JobChange) -> Event? {
        let id = change.record.key.id
        let isKnown = told[id] ?? (change.born <= synced)
        let isWanted = isFiltered ? query.matches(change.record) : change.record.isShown
        told[id] = isWanted
        return isWanted ? (isKnown ? .modified : .added) : (isKnown ? .deleted : nil)
    }

    /// Notes that the watcher has had all changes up to a revision.
    mutating func sync(at revision: Int64) {
        // With filters a job may be visible and not wanted: what was told stays the only thing to go by.
        guard !isFiltered else { return }
        synced = revision
        told = [:]
    }
}
