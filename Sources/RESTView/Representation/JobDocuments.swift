import Foundation
import Jobs
import Journal
import Synchronization

/// Jobs as JSON, kept as long as they do not change: of a list that is asked for again and again, only what changed is read and
/// written anew.
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

    /// How many jobs are kept: some 1.5 KiB each.
    private static let capacity = 20_000
    /// How many bytes they have together.
    private static let mostBytes = 64 << 20
    /// About how many bytes a page has; one with large jobs ends before its limit.
    private static let pageBytes = 8 << 20

    /// The document of a job as it is since a change; nil where it is not kept.
    func document(of key: JobKey, at revision: Int64) -> Data? {
        entries.withLock { entries in
            entries.byKey[key].flatMap { $0.revision == revision ? $0.document : nil }
        }
    }

    /// Makes a job's document, and keeps it.
    func make(of record: JobRecord, at revision: Int64) throws -> Data {
        let document = try JSONDocument(JobObject(record)).data
        entries.withLock { entries in
            let old = entries.byKey[record.key]
            entries.bytes += document.count - (old?.document.count ?? 0)
            if entries.byKey.count >= Self.capacity && old == nil || entries.bytes > Self.mostBytes {
                // Which ones are asked for again nobody knows: all are as good as any.
                entries.byKey.removeAll(keepingCapacity: true)
                entries.bytes = document.count
            }
            entries.byKey[record.key] = Entry(revision: revision, document: document)
        }
        return document
    }

    /// A page of jobs as JSON, in the bytes that ``ListObject`` would have.
    func list(_ query: JobQuery, from journal: JournalReader) async throws -> Data {
        let known = Mutex<[JobKey: Data]>([:])
        let page = try await journal.page(query, bytes: Self.pageBytes) { key, revision in
            guard let document = self.document(of: key, at: revision) else { return nil }
            known.withLock { $0[key] = document }
            return document.count
        }
        let documents = try page.entries.map { entry in
            if let record = entry.record {
                return try make(of: record, at: entry.revision)
            }
            return known.withLock { $0[entry.key] } ?? Data()
        }
        let metadata = try JSONDocument(
            ListMetadata(total: page.total, commit: page.head, continue: try page.next.map(ContinueToken.text))
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
