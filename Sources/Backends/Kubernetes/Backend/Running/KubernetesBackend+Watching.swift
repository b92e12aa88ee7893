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
                group.addTask { await self.checkRunsPeriodically() }
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
            Set(objects.compactMap { store.mergeObject($0) }).forEach(announceChange)
        case .listed(let uids, let version):
            let ids = store.removeUnlisted(Object.self, besides: uids, version: version)
            recordAnswer(of: kind)
            ids.forEach(announceChange)
        case .changed(let object): store.mergeObject(object).map(announceChange)
        case .deleted(let object): store.removeObject(object).map(announceChange)
        case .following: recordAnswer(of: kind)
        case .failing(let error): recordFailure(of: kind, error)
        }
    }

    private func recordAnswer(of kind: ResourceKind) {
        let before = health.fault
        health.recordAnswer(of: kind)
        if before != nil, health.fault == nil {
            logger.notice("the cluster answers again")
        }
        announceStaleness()
    }

    private func recordFailure(of kind: ResourceKind, _ error: APIError) {
        let reference = ObjectReference(kind: kind, namespace: settings.watchNamespace, name: "")
        let message = error.isNotFound ? BackendError(error, reference).message : "\(error)"
        if !health.isFailing(with: message) {
            logger.warning("the cluster can't be asked", metadata: ["kind": "\(kind.plural)", "error": "\(message)"])
        }
        health.recordFailure(of: kind, message, now: .now)
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

    private func checkRunsPeriodically() async {
        while (try? await Task.sleep(for: timing.tick)) != nil {
            announceStaleness()
            for (id, run) in store.runs {
                enqueueChore(of: id)
                // A finished run changes without an event once it has waited long enough for its pods.
                if run.anchor?.isFinished == true, records.delivery(of: id) == nil, run.status?.phase.isFinal == true {
                    changed.yield(id)
                }
            }
            records.dropStaleRecords(store.runs)
        }
    }
}
