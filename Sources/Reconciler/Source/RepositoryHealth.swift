import Foundation
import Git
import Journal

/// What is known of the repository since the start.
///
/// Each kind of fault is kept on its own and goes when its cause goes; ``fault`` is the one that explains most.
struct RepositoryHealth: Sendable {
    /// Whether the repository has been checked, successfully or not.
    private(set) var isChecked = false
    /// The branch's newest commit at the last check that could read it.
    private(set) var head: ObjectID?
    /// When the repository was last fetched, or read in place.
    private(set) var lastFetch: Date?
    /// A fault in one word, and in a sentence for the operator.
    struct Fault: Sendable, Equatable {
        let kind: RepositoryFault
        let message: String
    }

    /// Why the last fetch failed.
    private(set) var fetchFault: Fault?
    /// Whether someone must change something before a fetch can work.
    private(set) var isFetchFaultPermanent = false
    /// Why the repository can't be read, or its newest commit is not applied.
    private(set) var readFault: Fault?
    /// Why there is no branch where one was before.
    private(set) var branchFault: Fault?

    /// The fault that `ping` shows; nil without one.
    var fault: Fault? { readFault ?? fetchFault ?? branchFault }

    /// Records that a fetch succeeded.
    mutating func recordFetch(at time: Date) {
        isChecked = true
        lastFetch = time
        fetchFault = nil
    }

    /// Records that a fetch failed.
    ///
    /// - Returns: whether the fault is another one than before.
    mutating func recordFetchFault(_ fault: Fault, isPermanent: Bool) -> Bool {
        defer { fetchFault = fault }
        isChecked = true
        isFetchFaultPermanent = isPermanent
        return fetchFault != fault
    }

    /// Records that the branch was read.
    ///
    /// - Parameters:
    ///   - head: its newest commit; nil if the branch is absent.
    ///   - time: when a repository without a mirror was read; nil for one with a mirror.
    mutating func recordHead(_ head: ObjectID?, readAt time: Date?) {
        self.head = head
        readFault = nil
        if head != nil {
            branchFault = nil
        }
        if let time {
            isChecked = true
            lastFetch = time
        }
    }

    /// Records why the repository can't be read.
    ///
    /// - Returns: whether the fault is another one than before.
    mutating func recordReadFault(_ fault: Fault) -> Bool {
        defer { readFault = fault }
        isChecked = true
        return readFault != fault
    }

    /// Records why the newest commit is not applied.
    mutating func recordRefusal(_ reason: String) {
        readFault = Fault(kind: .refused, message: reason)
    }

    /// Records that a branch that was served is gone; nil if there was none before.
    ///
    /// - Returns: whether the fault is another one than before.
    mutating func recordBranchFault(_ fault: Fault?) -> Bool {
        defer { branchFault = fault }
        return branchFault != fault
    }
}
