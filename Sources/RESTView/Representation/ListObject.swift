/// A list, or a page of one.
struct ListObject<Item: Encodable>: Encodable {
    private let metadata: ListMetadata
    private let items: [Item]

    /// - Parameters:
    ///   - items: those of this page.
    ///   - total: how many there are on all pages.
    ///   - commit: the newest commit that was taken in; nil before the first.
    ///   - next: what gets the next page; nil on the last.
    init(_ items: [Item], total: Int, commit: String?, next: String? = nil) {
        metadata = ListMetadata(total: total, commit: commit, continue: next)
        self.items = items
    }
}

/// What there is to know of a list beside its items.
struct ListMetadata: Encodable {
    let total: Int
    @Nullable var commit: String?
    @Nullable var `continue`: String?
}
