import Synchronization

/// What goes wrong with requests, on demand.
package final class Faults: Sendable {
    /// One thing that goes wrong.
    package enum Fault: Sendable, Equatable {
        /// The answer is this status, and the request is not carried out.
        ///
        /// Source, for 429: <https://kubernetes.io/docs/concepts/cluster-administration/flow-control/>.
        case answer(code: Int, retryAfter: Int? = nil)
        /// The request is carried out, and the answer is lost on its way: what a client can't tell from one that was not.
        case lostAnswer
        /// The connection is closed before the request is looked at.
        case closed
        /// The connection is accepted and the request never answered, until ``clear()``.
        case silence
        /// The body of the answer is spoiled.
        case body(BodyFault)
    }

    /// Which requests it hits.
    package struct Aim: Sendable {
        /// Empty: all.
        var methods: Set<String> = []
        /// Part of the path; empty: any.
        var path = ""
        /// Watches and logs that follow, or anything but them; nil: both.
        var isStream: Bool?

        /// - Parameters:
        ///   - methods: HTTP methods; empty for all.
        ///   - path: part of the path; empty for any.
        ///   - isStream: whether watches alone are hit, or all but them.
        package init(methods: Set<String> = [], path: String = "", isStream: Bool? = nil) {
            self.methods = methods
            self.path = path
            self.isStream = isStream
        }
    }

    private struct Entry {
        let aim: Aim
        let fault: Fault
        /// Nil: for good.
        var left: Int?
    }

    private struct Values {
        var entries: [Entry] = []
        var staleRevision: Int?
        var hits = 0
    }

    private let values = Mutex(Values())

    /// Lets something go wrong.
    ///
    /// - Parameters:
    ///   - fault: what.
    ///   - aim: with which requests. Default: all.
    ///   - times: how often; nil for good. Default: once.
    package func add(_ fault: Fault, at aim: Aim = Aim(), times: Int? = 1) {
        values.withLock { $0.entries.append(Entry(aim: aim, fault: fault, left: times)) }
    }

    /// Whether requests that were met by silence still wait.
    var isSilent: Bool { values.withLock { $0.entries.contains { $0.fault == .silence } } }

    /// All is well again.
    package func clear() { values.withLock { $0 = Values(hits: $0.hits) } }

    /// Reads that take any state (`resourceVersion=0`) are shown this one from now on; nil: the newest.
    package func readStale(at revision: Int?) { values.withLock { $0.staleRevision = revision } }

    /// How often something went wrong.
    package var hits: Int { values.withLock { $0.hits } }

    var staleRevision: Int? { values.withLock { $0.staleRevision } }

    /// The fault that a request meets, which is used up by that.
    func next(method: String, path: String, isStream: Bool) -> Fault? {
        values.withLock { values in
            let index = values.entries.firstIndex { entry in
                (entry.aim.methods.isEmpty || entry.aim.methods.contains(method))
                    && (entry.aim.path.isEmpty || path.contains(entry.aim.path))
                    && (entry.aim.isStream == nil || entry.aim.isStream == isStream) && entry.left != 0
            }
            guard let index else { return nil }
            values.hits += 1
            if let left = values.entries[index].left { values.entries[index].left = left - 1 }
            let fault = values.entries[index].fault
            values.entries.removeAll { $0.left == 0 }
            return fault
        }
    }
}
