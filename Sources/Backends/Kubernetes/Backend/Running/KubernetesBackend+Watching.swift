import Foundation
import Jobs
import KubernetesClient
import Logging
import ServiceLifecycle

extension KubernetesBackend {
    /// Follows the cluster until the service shuts down. Runs go on without it.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await self.followObjects(of: self.settings.flavor.anchor, as: AnchorObject.self) }
                group.addTask { await self.followObjects(of: .pods, as: PodObject.self) }
                if self.settings.flavor == .job {
                    group.addTask { await self.followObjects(of: .jobs, as: BatchJobObject.self) }
                }
                group.addTask { await self.doChores() }
                group.addTask { await self.readEvents() }
                group.addTask { await self.probeServer() }
                group.addTask { await self.checkRuns() }
            }
            await self.resumeCallers()
        }
    }

    private nonisolated func followObjects<Object: StoredObject>(
        of kind: ResourceKind,
        as type: Object.Type
    ) async {
        let reflector = Reflector<Object>(
            of: kind,
            namespace: settings.watchNamespace,
            selector: objects.selector,
            client: objects.client,
            logger: logger
        )
        await reflector.reportChanges { await self.mergeReflection($0, of: kind) }
    }

    private func mergeReflection<Object: StoredObject>(_ reflection: Reflection<Object>, of kind: ResourceKind) {
        switch reflection {
        case .page(let objects):
            objects.forEach(mergeObject)
        case .listed(let uids, let version):
            let ids = store.removeUnlisted(Object.self, besides: uids, version: version)
            recordAnswer(of: kind)
            ids.forEach(announceChange)
        case .changed(let object): mergeObject(object)
        case .deleted(let object): removeObject(object)
        case .following: recordAnswer(of: kind)
        case .failing(let error): recordFailure(of: kind, error)
        }
    }

    private func recordAnswer(of kind: ResourceKind) {
        changeHealth { $0.recordAnswer(of: kind) }
    }

    private func recordFailure(of kind: ResourceKind, _ error: APIError) {
        let reference = ObjectReference(kind: kind, namespace: settings.watchNamespace, name: "")
        let message = error.isNotFound ? BackendError(error, reference).message : "\(error)"
        if !health.isFailing(with: message) {
            logger.warning("the cluster can't be asked", metadata: ["kind": "\(kind.plural)", "error": "\(message)"])
        }
        changeHealth { $0.recordFailure(of: kind, message, now: .now) }
    }

    /// Asks now and then whether the server answers.
    private func probeServer() async {
        while (try? await Task.sleep(for: timing.probe)) != nil {
            var fault: APIError?
            do throws(APIError) {
                try await objects.client.send(.version(within: timing.probePatience))
            } catch {
                // A server that refuses the question answers.
                if case .status(let status) = error, status.code < 500 { fault = nil } else { fault = error }
            }
            guard fault != .cancelled else { return }
            changeHealth { $0.recordProbe(fault.map { "\($0)" }, now: .now) }
        }
    }

    /// Changes the health, and tells callers if the cluster is away or back.
    private func changeHealth(_ change: (inout ClusterHealth) -> Void) {
        let (before, wasSettled) = (health.fault, health.isSettled)
        change(&health)
        if before != nil, health.fault == nil {
            logger.notice("the cluster answers again")
        }
        if health.isSettled, health.fault == nil, before != nil || !wasSettled {
            // Until now, existing objects may have looked missing.
            for id in store.runs.keys { enqueueChore(of: id) }
        }
        if (before == nil) != (health.fault == nil) {
            agenda.pause?.cancel()
            // No run has this name, so the caller asks for all runs.
            changed.yield(RunID(key: JobKey(cluster: objects.cluster, partition: "", id: ""), number: 0))
        }
        announceStaleness()
    }

    /// Announces all open runs when they become unknown because the cluster is away for long, and when it is back.
    private func announceStaleness() {
        guard health.updateStaleness(now: .now, after: timing.staleness) else { return }
        for (id, run) in store.runs where run.status?.phase.isFinal == false {
            changed.yield(id)
        }
    }

    private func resumeCallers() {
        health.resumeCallers()
    }

    /// Looks at the runs whose time has come.
    private func checkRuns() async {
        var cleaned = Date()
        while !Task.isCancelled {
            await pauseUntilNextCheck()
            announceStaleness()
            let now = Date()
            for id in agenda.takeDueRuns(now: now) {
                // Each announcement costs the caller a transaction.
                if store.runs[id]?.changesWithTime ?? true {
                    changed.yield(id)
                }
                enqueueChore(of: id)
            }
            if now.timeIntervalSince(cleaned) > Self.longestPause {
                cleaned = now
                records.dropStaleRecords(store.runs)
            }
        }
    }

    /// The longest time between two checks, in seconds.
    private static let longestPause: TimeInterval = 60

    /// Waits until a run needs a look. While the cluster is away, its runs may become unknown at any time.
    private func pauseUntilNextCheck() async {
        let tick = timing.tick / .seconds(1)
        let longest = health.fault == nil ? Self.longestPause : tick
        let seconds = max(tick, min(longest, agenda.earliest.timeIntervalSinceNow))
        let pause = Task { () -> Void in try? await Task.sleep(for: .seconds(seconds)) }
        agenda.pause = pause
        await withTaskCancellationHandler {
            await pause.value
        } onCancel: {
            pause.cancel()
        }
        agenda.pause = nil
    }
}
