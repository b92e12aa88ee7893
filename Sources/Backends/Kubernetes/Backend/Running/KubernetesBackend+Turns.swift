import Jobs

extension KubernetesBackend {
    /// Waits until nothing else is at work on a job. ``endTurn(on:)`` lets the next one in.
    func beginTurn(on key: JobKey) async {
        if busy.insert(key).inserted { return }
        await withCheckedContinuation { queues[key, default: []].append($0) }
    }

    func endTurn(on key: JobKey) {
        guard var queue = queues[key], !queue.isEmpty else {
            queues[key] = nil
            busy.remove(key)
            return
        }
        let next = queue.removeFirst()
        queues[key] = queue
        next.resume()
    }
}
