mod rejections;
