import Foundation

/// Runs the controllers: each is told of what changed, and asked again when it said so.
struct ControllerManager: Sendable {
    let state: ClusterState
    let settings: ClusterSettings

    private enum Work: Sendable {
        case change(ObjectStore.Change)
        case again(ObjectKey)
    }

    /// Runs until it is cancelled or the cluster stops.
    func run(_ changes: AsyncStream<ObjectStore.Change>) async {
        let (work, queue) = AsyncStream<Work>.makeStream()
        await withDiscardingTaskGroup { group in
            group.addTask {
                for await change in changes { queue.yield(.change(change)) }
                queue.finish()
            }
            for await item in work {
                for (key, time) in await handle(item) {
                    group.addTask {
                        // A deadline or a time to live: the time itself is what is waited for.
                        try? await Task.sleep(for: .seconds(max(0, time.timeIntervalSinceNow)))
                        queue.yield(.again(key))
                    }
                }
            }
            group.cancelAll()
        }
    }

    /// - Returns: what is to be looked at again, and when.
    private func handle(_ work: Work) async -> [(ObjectKey, Date)] {
        switch work {
        case .again(let key): return await reconcile([key])
        case .change(let change):
            await state.collectGarbage(change)
            if change.key.resource == "namespaces" {
                await state.emptyNamespace(change.key.name)
            } else if change.new == nil {
                await state.emptyNamespace(change.key.namespace)
            }
            return await reconcile(Set([change.key] + owners(of: change)))
        }
    }

    private func reconcile(_ keys: Set<ObjectKey>) async -> [(ObjectKey, Date)] {
        var later: [(ObjectKey, Date)] = []
        for key in keys.sorted() {
            let time: Date?
            switch key.resource {
            case "jobs.batch": time = await state.reconcileJob(key, settings)
            case "tfjobs.kubeflow.org": time = await state.reconcileTFJob(key)
            default: time = nil
            }
            if let time { later.append((key, time)) }
        }
        return later
    }

    private func owners(of change: ObjectStore.Change) -> [ObjectKey] {
        let references = [change.old, change.new].compactMap { $0?.metadata.ownerReferences.elements }.joined()
        return references.compactMap { reference in
            let resource: String
            switch reference.kind {
            case "Job": resource = "jobs.batch"
            case "TFJob": resource = "tfjobs.kubeflow.org"
            default: return nil
            }
            return ObjectKey(
                resource: resource,
                namespace: change.key.namespace,
                name: reference.name.text ?? ""
            )
        }
    }
}
