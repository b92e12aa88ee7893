import Journal

/// What a watcher has seen: `<journal>-<revision>`, the `id` of an event, which comes back as `Last-Event-ID`.
struct EventID: Equatable, CustomStringConvertible {
    let journal: String
    let revision: Int64

    init(journal: String, revision: Int64) {
        self.journal = journal
        self.revision = revision
    }

    /// Reads one; nil for what is none.
    init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, let revision = Int64(parts[1]), revision >= 0 else { return nil }
        self.init(journal: String(parts[0]), revision: revision)
    }

    var description: String { "\(journal)-\(revision)" }
}
