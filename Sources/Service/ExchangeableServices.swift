import Logging
import ServiceLifecycle
import Synchronization

/// Services that begin and end while the process runs. If one of them fails or ends by itself, ``run()`` throws.
final class ExchangeableServices: Service {
    /// A service that has begun.
    struct Handle: Sendable, Hashable {
        fileprivate let number: Int
    }

    private struct Running {
        let group: ServiceGroup
        let task: Task<Void, Never>
    }

    private struct State {
        var last = 0
        var running: [Handle: Running] = [:]
    }

    private let logger: Logger
    private let state = Mutex(State())
    private let failures: AsyncThrowingStream<Never, any Error>
    private let failed: AsyncThrowingStream<Never, any Error>.Continuation

    init(logger: Logger) {
        self.logger = logger
        (failures, failed) = AsyncThrowingStream.makeStream()
    }

    /// Starts a service.
    func begin(_ service: any Service) -> Handle {
        let group = ServiceGroup(configuration: ServiceGroupConfiguration(services: [service], logger: logger))
        // Detached: the end of the service that calls this is not the end of this one.
        let task = Task.detached { [failed] in
            do {
                try await group.run()
            } catch {
                failed.finish(throwing: error)
            }
        }
        return state.withLock { state in
            state.last += 1
            let handle = Handle(number: state.last)
            state.running[handle] = Running(group: group, task: task)
            return handle
        }
    }

    /// Asks a service to end, and waits until it has.
    func end(_ handle: Handle) async {
        guard let running = state.withLock({ $0.running.removeValue(forKey: handle) }) else { return }
        await running.group.triggerGracefulShutdown()
        await withTaskCancellationHandler {
            await running.task.value
        } onCancel: {
            running.task.cancel()
        }
    }

    /// Returns after a graceful shutdown, when all services have ended, the one that began last first.
    func run() async throws {
        for try await _ in failures.cancelOnGracefulShutdown() {}
        let handles = state.withLock(\.running.keys).sorted { $0.number > $1.number }
        for handle in handles {
            await end(handle)
        }
    }
}
