import Foundation
import Git
import GitMirror
import Journal
import Logging

extension Reconciler {
    /// Fetches whenever it is asked to, off the loop's own path: a server that stalls keeps no job waiting.
    func follow(_ mirror: Mirror) async {
        for await _ in fetches {
            do throws(MirrorError) {
                let isRebuilding = needsRebuild
                let fetched = isRebuilding ? try await mirror.rebuild() : try await mirror.fetch()
                if isRebuilding {
                    needsRebuild = false
                    branch = nil
                    logger.notice("the mirror was damaged and has been made anew", metadata: ["path": "\(mirror.path)"])
                }
                noteFetch(fetched)
                maintain(mirror)
            } catch {
                noteFetch(failed: error)
            }
            wake()
            // Whoever sees a signed webhook can send it again and again. What is asked for meanwhile counts as one.
            try? await Task.sleep(for: min(settings.interval, Self.shortestFetchPause))
        }
    }

    /// Between two fetches, however many deliveries of webhooks come.
    private static let shortestFetchPause = Duration.seconds(1)

    /// Asks for a fetch every now and then: often while it works or may heal by itself, seldom where somebody has to mend something.
    func callFetches() async {
        var backoff = Backoff()
        fetch.yield()
        while !Task.isCancelled {
            var delay = settings.interval
            if fetchError == nil {
                backoff = Backoff()
            } else {
                let rest = backoff.failed(jitter: Double.random(in: 0...1))
                delay = isFetchFaultPermanent ? max(delay, rest) : min(delay, rest)
            }
            guard (try? await Task.sleep(for: delay)) != nil else { return }
            fetch.yield()
        }
    }

    private func noteFetch(_ fetched: Fetched) {
        hasLooked = true
        fetchError = nil
        status.lastFetch = Date()
        if case .moved = fetched {
            logger.debug("fetched", metadata: ["head": "\(fetched.head?.description ?? "")"])
        }
    }

    private func noteFetch(failed error: MirrorError) {
        guard error != .cancelled else { return }
        hasLooked = true
        isFetchFaultPermanent = error.isPermanent
        if case .mirrorDamaged = error {
            needsRebuild = true
        }
        if fetchError != error.description {
            logger.error("the repository can't be fetched", metadata: ["error": "\(error)"])
        }
        fetchError = error.description
        status.repositoryError = fetchError
    }

    /// Keeps the mirror small, beside the loop.
    private func maintain(_ mirror: Mirror) {
        Task {
            do throws(MirrorError) {
                let done = try await mirror.maintain()
                if done != .notNeeded {
                    logger.debug("the mirror is packed", metadata: ["how": "\(done)"])
                }
            } catch {
                logger.warning("the mirror can't be packed", metadata: ["error": "\(error)"])
            }
        }
    }
}
