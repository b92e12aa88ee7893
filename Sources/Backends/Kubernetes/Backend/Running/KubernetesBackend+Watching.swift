import Jobs
import KubernetesClient
import Logging
import ServiceLifecycle

extension KubernetesBackend {
    /// Follows the cluster until the service is to end; what runs there goes on without it.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await self.follow(self.settings.flavor.anchor, of: AnchorObject.self) }
                group.addTask { await self.follow(.pods, of: PodObject.self) }
                if self.settings.flavor == .job {
                    group.addTask { await self.follow(.jobs, of: BatchJobObject.self) }
                }
                group.addTask { await self.doChores() }
                group.addTask { await self.tick() }
            }
            await self.admitReaders()
        }
    }

    private nonisolated func follow<Object: StoredObject>(_ kind: ResourceKind, of type: Object.Type) async {
        let reflector = Reflector<Object>(
            of: kind,
            namespace: settings.watchNamespace,
            selector: Marks.selector(installation: installation, cluster: cluster),
            client: client,
            logger: logger
        )
        await reflector.reportChanges { await self.take($0, of: kind) }
    }

    private func take<Object: StoredObject>(_ reflection: Reflection<Object>, of kind: ResourceKind) {
        switch reflection {
        case .page(let objects):
            Set(objects.compactMap { $0.put(into: &store) }).forEach(announce)
        case .listed(let uids, let version):
            let ids = Object.keep(uids, in: &store, version: version)
            noteAnswer(of: kind)
            ids.forEach(announce)
        case .changed(let object):
            object.put(into: &store).map(announce)
        case .deleted(let object):
            object.remove(from: &store).map(announce)
        case .following: noteAnswer(of: kind)
        case .failing(let error): noteFailure(of: kind, error)
        }
        if health.isSettled {
            admitReaders()
        }
    }

    private func noteAnswer(of kind: ResourceKind) {
        let before = health.fault
        health.note(kind)
        if before != nil, health.fault == nil {
            logger.notice("the cluster answers again")
        }
        reviewStaleness()
    }

    private func noteFailure(of kind: ResourceKind, _ error: APIError) {
        let message =
            error.isNotFound
            ? BackendError(error, ObjectReference(kind: kind, namespace: settings.watchNamespace, name: "")).message
            : "\(error)"
        if !health.isFailing(with: message) {
            logger.warning("the cluster can't be asked", metadata: ["kind": "\(kind.plural)", "error": "\(message)"])
        }
        health.note(kind, failing: message, now: .now)
        reviewStaleness()
    }

    /// Shows open runs as unknown once the cluster has been away for long, and as they are when it is back.
    func reviewStaleness() {
        let stale = health.isStale(now: .now, after: timing.staleness)
        guard stale != isStale else { return }
        isStale = stale
        for (id, run) in store.runs where run.status?.phase.isFinal == false {
            changed.yield(id)
        }
    }

    /// Of objects that are gone.
    private func forgetChecks() {
        guard !checked.isEmpty else { return }
        var kept: [String: Int] = [:]
        for run in store.runs.values {
            for uid in [run.anchor?.metadata.uid].compactMap(\.self) + run.jobs.values.map(\.metadata.uid) {
                kept[uid] = checked[uid]
            }
        }
        checked = kept
    }

    private func tick() async {
        while (try? await Task.sleep(for: timing.tick)) != nil {
            reviewStaleness()
            for (id, run) in store.runs {
                callChore(id)
                // Its end may be due to be shown for no other sign than that time has passed.
                if run.anchor?.isFinished == true, delivered[id] == nil, run.status?.phase.isFinal == true {
                    changed.yield(id)
                }
            }
            delivered = delivered.filter { store.runs[$0.key] != nil }
            forgetChecks()
            ended = ended.filter { store.runs[$0.key]?.result == nil && store.runs[$0.key] != nil }
        }
    }
}
