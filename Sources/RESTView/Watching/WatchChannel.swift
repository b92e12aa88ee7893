import Journal

/// The newest changes of a partition that is watched, and who watches it.
struct WatchChannel {
    /// What came after this revision is kept, up to the hub's own.
    var floor: Int64
    var listeners: [UInt64: AsyncStream<Void>.Continuation] = [:]
    private var changes: [WatchHub.Change] = []

    /// Keeps nothing yet.
    init(floor: Int64) {
        self.floor = floor
    }

    /// What came after a revision, which is not below the floor.
    func changes(after revision: Int64) -> [WatchHub.Change] {
        var (low, high) = (changes.startIndex, changes.endIndex)
        while low < high {
            let middle = (low + high) / 2
            if changes[middle].change.revision > revision {
                high = middle
            } else {
                low = middle + 1
            }
        }
        return Array(changes[low...])
    }

    /// Keeps nothing of what came up to a revision.
    mutating func begin(at revision: Int64) {
        floor = revision
        changes = []
    }

    /// Keeps some more; the oldest go where there are too many.
    mutating func append(_ new: [WatchHub.Change], keeping capacity: Int) {
        changes += new
        let surplus = changes.count - capacity
        if surplus > 0 {
            floor = changes[surplus - 1].change.revision
            changes.removeFirst(surplus)
        }
    }
}
