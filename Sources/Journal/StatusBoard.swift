import Synchronization

/// How the service fares, in memory: it can be asked also while the journal can't be written.
final class StatusBoard: Sendable {
    private struct State {
        var status: ServiceStatus?
        var fault: String?
        var folderFault: String?
        var damage: String?
    }

    private let state = Mutex(State())
    /// A signal when the file is first found damaged. One consumer.
    let damage: AsyncStream<Void>
    private let damaged: AsyncStream<Void>.Continuation

    init() {
        (damage, damaged) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// The newest status that this process noted, with what is wrong with the journal itself; nil before the first.
    var status: ServiceStatus? {
        state.withLock { state in
            var status = state.status
            status?.stateError = state.damage ?? state.fault ?? state.folderFault
            return status
        }
    }

    /// Why the newest write failed; nil where it did not.
    var fault: String? { state.withLock(\.fault) }

    /// Takes a status down.
    ///
    /// - Returns: whether it differs from the one before by more than the time of the last look.
    func note(_ status: ServiceStatus) -> Bool {
        state.withLock { state in
            var before = state.status
            before?.lastFetch = status.lastFetch
            state.status = status
            return before != status
        }
    }

    /// Keeps in mind that the file is damaged: for good, as only another file heals that.
    func noteDamage(_ damage: String) {
        let isFirst = state.withLock { state in
            defer { state.damage = state.damage ?? damage }
            return state.damage == nil
        }
        if isFirst {
            damaged.yield()
        }
    }

    func noteFault(_ fault: String?) {
        state.withLock { $0.fault = fault }
    }

    /// Takes down why nothing new can be made in the state folder; nil where it can.
    ///
    /// - Returns: whether that is news.
    func noteFolderFault(_ fault: String?) -> Bool {
        state.withLock { state in
            defer { state.folderFault = fault }
            return state.folderFault != fault
        }
    }
}
