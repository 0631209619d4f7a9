"""Words the sample is composed of: people, companies, comments. None of them means anyone real."""

from __future__ import annotations

import numpy as np
import pandas as pd

# Lists of syllables, each in one line of text.
SURNAMES = "Nguyễn Trần Lê Phạm Hoàng Huỳnh Phan Vũ Võ Đặng Bùi Đỗ Hồ Ngô Dương Lý Đinh Trịnh Mai Tạ Lương Châu Đoàn Hà"
WOMEN = "Thị Ngọc Thu Bích Mỹ Khánh Phương Kim"
MEN = "Văn Minh Hữu Quốc Đức Gia Anh Thành"
HER = "Hương Lan Thảo Ngân Trang Linh Hà Yến Vy Quỳnh Châu Nhung Thủy Diệp Hạnh Uyên Trâm My Giang Ánh"
HIS = "Tuấn Khoa Dũng Hùng Long Phúc Khôi Bảo Đạt Tùng Nam Quân Hải Sơn Thắng Vinh Trí Duy Kiên Hiếu"

# Industry -> the trades its companies name themselves after.
TRADES = {
    "F&B": ["Thực phẩm", "Đồ uống", "Bánh kẹo", "Cà phê", "Nhà hàng"],
    "Bán lẻ": ["Bán lẻ", "Thời trang", "Siêu thị", "Mỹ phẩm", "Nội thất"],
    "Bất động sản": ["Địa ốc", "Bất động sản", "Phát triển Đô thị", "Nhà ở"],
    "Giáo dục": ["Giáo dục", "Anh ngữ", "Đào tạo", "Trường học"],
    "Y tế": ["Dược phẩm", "Nha khoa", "Phòng khám", "Chăm sóc Sức khỏe"],
    "Thương mại điện tử": ["Thương mại Điện tử", "Mua sắm Trực tuyến", "Giao nhận"],
    "Tài chính": ["Tài chính", "Bảo hiểm", "Quản lý Quỹ"],
    "Du lịch": ["Du lịch", "Khách sạn", "Lữ hành", "Nghỉ dưỡng"],
    "Công nghệ": ["Công nghệ", "Phần mềm", "Giải pháp Số"],
    "Sản xuất": ["Nhựa", "Bao bì", "Gốm sứ", "Vật liệu Xây dựng", "Dệt may"],
}
FORMS = ["Công ty CP", "Công ty TNHH", "Công ty TNHH MTV"]
# Poetic rather than usual: the usual pairs (… Phát, … Long, … Minh) are brands.
FIRST = (
    "An Bình Cát Đông Gia Hải Hoa Hồng Hưng Khải Kim Lam Mộc Nam Ngọc Phong Phú Phúc Quang Sao Sơn Tâm Tân Thanh Thảo "
    "Thiên Thuận Tín Trúc Việt Xuân Ý"
)
SECOND = (
    "Lành Nhiên Điền Khê Nhã Quế Trà Uyên Vân Yên Bách Diệp Đan Huyền Ngân Thư Tường Vy Sương Thạch Thảo Thi Tùng Trầm "
    "Tịnh Ngàn Mây Nắng Miên Hạ"
)

COMMENTS = {
    "promoter": [
        "Đội ngũ rất nhiệt tình, phản hồi nhanh.",
        "Chiến dịch vượt kỳ vọng, cảm ơn cả nhóm!",
        "Luôn chủ động đề xuất ý tưởng mới.",
        "Báo cáo rõ ràng, số liệu đầy đủ.",
        "Account nắm rất chắc sản phẩm của chúng tôi.",
        "Làm việc đúng hẹn, dễ phối hợp.",
        "Sẽ giới thiệu cho đối tác của công ty.",
        "Ý tưởng sáng tạo, triển khai gọn gàng.",
    ],
    "passive": [
        "Nhìn chung ổn, cần thêm ý tưởng mới.",
        "Chất lượng tốt nhưng đôi khi hơi chậm.",
        "Báo cáo nên ngắn gọn hơn.",
        "Tạm hài lòng, mong có người hỗ trợ cuối tuần.",
        "Hiệu quả quảng cáo ở mức trung bình.",
        "Nội dung ổn, hình ảnh cần chăm chút hơn.",
        "Chi phí hơi cao so với mặt bằng chung.",
    ],
    "detractor": [
        "Phản hồi quá chậm, phải nhắc nhiều lần.",
        "Trễ hạn bàn giao so với cam kết.",
        "Phát sinh chi phí không báo trước.",
        "Ý tưởng lặp lại, không còn phù hợp.",
        "Thay đổi nhân sự liên tục, phải trao đổi lại từ đầu.",
        "Báo cáo sai số liệu hai tháng liền.",
        "Chúng tôi đang cân nhắc đơn vị khác.",
        "Hiệu quả chiến dịch không như kỳ vọng.",
    ],
}


def people(n: int, rng: np.random.Generator) -> np.ndarray:
    """`n` different full names in Vietnamese order; beyond 7,680 they are told apart by a number."""
    her, his = (
        [f"{family} {middle} {given}" for family in SURNAMES.split() for middle in middles for given in names.split()]
        for middles, names in ((WOMEN.split(), HER), (MEN.split(), HIS))
    )
    return _different(rng.permutation(her + his)[np.arange(n) % (len(her) + len(his))])


def companies(industry: np.ndarray, abroad: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A different company name for each `industry`; those `abroad` (billed in USD) call themselves 'Quốc tế'."""
    n = len(industry)
    trade = np.empty(n, dtype=object)
    for name, trades in TRADES.items():
        here = industry == name
        trade[here] = rng.choice(trades, here.sum())
    # Two-syllable names run out in order of a shuffled deck, so that small books repeat none of them.
    deck = rng.permutation(
        [f"{first} {second}" for first in FIRST.split() for second in SECOND.split() if first != second]
    )
    form = rng.choice(FORMS, n, p=[0.5, 0.4, 0.1]).astype(object)
    return _different(form + " " + trade + np.where(abroad, " Quốc tế ", " ") + deck[np.arange(n) % len(deck)])


def comments(score: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A comment that fits each NPS `score` (null where the score is), in about half of the cases; else null."""
    said = np.full(len(score), None, dtype=object)
    talks = rng.random(len(score)) < 0.55
    for kind, low, high in (("promoter", 9, 10), ("passive", 7, 8), ("detractor", 0, 6)):
        here = talks & (score >= low) & (score <= high)
        said[here] = rng.choice(COMMENTS[kind], here.sum())
    return said


def _different(names: np.ndarray) -> np.ndarray:
    column = pd.Series(names.astype(object))
    again = column.groupby(column).cumcount() + 1
    return np.where(again > 1, column + " " + again.astype(str), column)
