import Git

/// One reference that a push moves, as git hands it to a hook: <https://git-scm.com/docs/githooks#pre-receive>.
struct ReferenceUpdate: Equatable {
    /// Nil where the reference is made.
    let old: ObjectID?
    /// Nil where it is deleted.
    let new: ObjectID?
    /// `refs/heads/main`, say.
    let name: String

    /// Reads a line `<old> <new> <reference>`; nil where it is none.
    init?(_ line: String) {
        let parts = line.split(separator: " ", maxSplits: 2).map(String.init)
        guard parts.count == 3, let old = ObjectID(parts[0]), let new = ObjectID(parts[1]) else { return nil }
        self.old = parts[0].allSatisfy { $0 == "0" } ? nil : old
        self.new = parts[1].allSatisfy { $0 == "0" } ? nil : new
        name = parts[2]
    }
}
