import Foundation
import Jobs
import Journal
import Synchronization

/// A cache of jobs as JSON. When a list is requested again, only the jobs that changed are read and encoded.
final class JobDocuments: Sendable {
    private struct Entry {
        let revision: Int64
        let document: Data
    }

    private struct Entries {
        var byKey: [JobKey: Entry] = [:]
        var bytes = 0
    }

    private let entries = Mutex(Entries())

    /// The maximum number of cached jobs, about 1.5 KiB each.
    private static let capacity = 20_000
    /// The maximum size of the cache, in bytes.
    private static let mostBytes = 64 << 20
    /// The approximate size of a page, in bytes. A page with large jobs has fewer of them than its limit allows.
    private static let pageBytes = 8 << 20

    /// The document of a job at a revision; nil if it is not cached.
    func document(of key: JobKey, at revision: Int64) -> Data? {
        entries.withLock { entries in
            entries.byKey[key].flatMap { $0.revision == revision ? $0.document : nil }
        }
    }

    /// Encodes a job and caches its document.
    func encode(_ record: JobRecord, at revision: Int64) throws -> Data {
        let document = try JSONDocument(JobObject(record)).data
        entries.withLock { entries in
            let old = entries.byKey[record.key]
            entries.bytes += document.count - (old?.document.count ?? 0)
            if entries.byKey.count >= Self.capacity && old == nil || entries.bytes > Self.mostBytes {
                // Nothing says which jobs will be requested again, so the whole cache goes.
                entries.byKey.removeAll(keepingCapacity: true)
                entries.bytes = document.count
            }
            entries.byKey[record.key] = Entry(revision: revision, document: document)
        }
        return document
    }

    /// A page of jobs as JSON, with the same bytes as a ``ListObject``.
    func list(_ query: JobQuery, from journal: JournalReader) async throws -> Data {
        let known = Mutex<[JobKey: Data]>([:])
        let page = try await journal.page(query, bytes: Self.pageBytes) { key, revision in
            guard let document = self.document(of: key, at: revision) else { return nil }
            known.withLock { $0[key] = document }
            return document.count
        }
        let documents = try page.entries.map { entry in
            if let record = entry.record {
                return try encode(record, at: entry.revision)
            }
            return known.withLock { $0[entry.key] } ?? Data()
        }
        let metadata = try JSONDocument(
            ListMetadata(
                total: page.total,
                commit: page.head,
                continue: try page.next.map(ContinueToken.encode),
                endedBefore: page.endedBefore
            )
        ).data
        var data = Data(#"{"items":["#.utf8)
        data.reserveCapacity(documents.reduce(metadata.count + 32) { $0 + $1.count + 1 })
        for (index, document) in documents.enumerated() {
            if index > 0 {
                data.append(UInt8(ascii: ","))
            }
            data.append(document)
        }
        data.append(contentsOf: #"],"metadata":"#.utf8)
        data.append(metadata)
        data.append(UInt8(ascii: "}"))
        return data
    }
}
